import type { Logger } from 'pino';
import { SYSTEM_USERNAME, User } from '../../access/people/user.entity.js';
import type { Database } from '../../platform/database/database.js';
import { Periodic } from '../../platform/scheduling/periodic.js';
import { ImageRepository } from '../image-repository.entity.js';
import { type RefreshTaskServices, startRefresh } from './start-refresh.js';

export interface RefreshScheduleServices extends RefreshTaskServices {
  database: Database;
  log: Logger;
}

/** Lets the process start up before the first refreshes. */
const FIRST_DELAY_MS = 2000;
const JITTER = 0.1;

/**
 * Refreshes every repository at an interval, as the user `system`; the first round leaves out those that were refreshed
 * within the interval. The interval varies by 10 %, so that many gateways do not ask a repository at the same moment.
 */
export class RefreshSchedule {
  readonly #rounds = new Periodic(async () => this.#round(), () => this.intervalSeconds * 1000 * (1 + JITTER * (2 * Math.random() - 1)));
  /** The next round leaves out repositories that were refreshed since then; null: none. */
  #refreshedSince: number | null = null;

  constructor(
    private readonly services: RefreshScheduleServices,
    /** 0 turns the schedule off. */
    private readonly intervalSeconds: number,
  ) {}

  start(): void {
    if (this.intervalSeconds <= 0) return;
    this.#refreshedSince = Date.now() - this.intervalSeconds * 1000;
    this.#rounds.start(FIRST_DELAY_MS);
  }

  /** Starts no further refresh; resolves when none is being started. The runner ends those under way. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  /** Starts a refresh of every repository that was last refreshed before then; of every one when `before` is null. */
  async refreshOlderThan(before: number | null): Promise<void> {
    const em = this.services.database.em.fork();
    const system = await em.findOneOrFail(User, { username: SYSTEM_USERNAME }, { fields: ['id'] });
    const repositories = await em.find(ImageRepository, { retired: false }, { fields: ['id', 'url', 'lastUpdate'] });
    for (const repository of repositories) {
      const isDue = before === null || !repository.lastUpdate || repository.lastUpdate.getTime() < before;
      if (isDue && !this.#rounds.signal.aborted) await startRefresh(em, this.services, repository, { userId: system.id, tokenGroups: [] });
    }
  }

  async #round(): Promise<void> {
    const before = this.#refreshedSince;
    this.#refreshedSince = null;
    await this.refreshOlderThan(before).catch((error: unknown) => this.services.log.error({ err: error }, 'The scheduled refreshes of repositories could not be started.'));
  }
}
