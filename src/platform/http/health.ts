import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { withinTime } from '../scheduling/within-time.js';

/** How long each check may take. */
const CHECK_MS = 1000;
/** How long an answer is good for, so that callers cannot load the database with their questions. */
const FRESH_MS = 1000;

/** Something that a process needs: the check rejects, or does not end in time, while it is away. */
export interface Need {
  name: string;
  check: () => Promise<unknown>;
  /** The name of a need without which the check can tell nothing: while that one is away, this one does not count as away. */
  checkedWith?: string;
}

/** Asks whether what a process needs is there: one question at a time, whose answer all callers of the next second share. */
export class Readiness {
  #asked: Promise<string[]> | null = null;
  /** Checks that hang, as of a network folder, are not begun once more. */
  readonly #running = new Map<Need, Promise<boolean>>();

  #logged = '';

  constructor(
    private readonly needs: readonly Need[],
    private readonly log: Pick<Logger, 'info' | 'warn'>,
  ) {}

  /** The names of what is away. */
  async missing(): Promise<string[]> {
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  async #ask(): Promise<string[]> {
    const present = await Promise.all(this.needs.map(async (need) => this.#isThere(need)));
    setTimeout(() => (this.#asked = null), FRESH_MS).unref();
    const away = this.needs.filter((_need, index) => present[index] !== true);
    const missing = away.filter(({ checkedWith }) => !away.some(({ name }) => name === checkedWith)).map(({ name }) => name);
    this.#logChange(missing);
    return missing;
  }

  #logChange(missing: readonly string[]): void {
    const state = missing.join(', ');
    if (state === this.#logged) return;
    this.#logged = state;
    if (state === '') this.log.info('The process is ready again.');
    else this.log.warn({ notReady: missing }, 'The process is not ready.');
  }

  async #isThere(need: Need): Promise<boolean> {
    return withinTime(CHECK_MS, this.#checkOf(need), () => false);
  }

  async #checkOf(need: Need): Promise<boolean> {
    const running = this.#running.get(need);
    if (running !== undefined) return running;
    const check = need.check().then(() => true, () => false);
    this.#running.set(need, check);
    return check.finally(() => this.#running.delete(need));
  }
}

/** `starting` and `draining` come before what a process needs. */
export type Stage = 'starting' | 'running' | 'draining';

/**
 * Serves /livez (the process responds) and /readyz (it accepts work). The 503 of /readyz names what is not ready: the process itself, which
 * is `starting` or `draining`, or what it needs.
 */
export function registerHealth(app: FastifyInstance, stage: () => Stage, readiness: Readiness): void {
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const notReady = stage() === 'running' ? await readiness.missing() : [stage()];
    if (notReady.length === 0) return { status: 'ok' };
    return reply.code(503).send({ status: 'not ready', notReady });
  });
}
