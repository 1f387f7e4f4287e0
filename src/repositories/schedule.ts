import type { Logger } from 'pino';
import { SYSTEM_USERNAME, User } from '../access/user.entity.js';
import type { Database } from '../platform/database.js';
import { ImageRepository } from './image-repository.entity.js';
import { type LoadWork, startLoad } from './start-load.js';

export interface ScheduleParts extends LoadWork {
  database: Database;
  log: Logger;
}

/** Time for the process to come up before the first loads. */
const FIRST_DELAY_MS = 2000;
const JITTER = 0.1;

/**
 * Loads every repository again and again, as the user `system`: at the start those whose list is older than the
 * interval, then all of them at every interval, give or take 10 % so that many gateways do not ask at the same moment.
 */
export class RepositorySchedule {
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly parts: ScheduleParts,
    /** 0 is off. */
    private readonly intervalSeconds: number,
  ) {}

  start(): void {
    if (this.intervalSeconds > 0) this.#plan(FIRST_DELAY_MS, Date.now() - this.intervalSeconds * 1000);
  }

  /** Begins no further load; resolves when none is just being begun. Loads that run are the runner's. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#round;
  }

  /** Begins a load of every repository that was not loaded since then; all of them without `before`. */
  async loadOlderThan(before: number | null): Promise<void> {
    const em = this.parts.database.em.fork();
    const system = await em.findOneOrFail(User, { username: SYSTEM_USERNAME }, { fields: ['id'] });
    const repositories = await em.find(ImageRepository, { retired: false }, { fields: ['id', 'url', 'lastUpdate'] });
    for (const repository of repositories) {
      const isDue = before === null || !repository.lastUpdate || repository.lastUpdate.getTime() < before;
      if (isDue && !this.#stopped) await startLoad(em, this.parts, repository, system.id);
    }
  }

  #plan(delayMs: number, before: number | null): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#round = this.loadOlderThan(before)
        .catch((error: unknown) => this.parts.log.error({ err: error }, 'The scheduled loads of repositories could not be begun.'))
        .then(() => this.#plan(this.intervalSeconds * 1000 * (1 + JITTER * (2 * Math.random() - 1)), null));
    }, delayMs);
    this.#timer.unref();
  }
}
