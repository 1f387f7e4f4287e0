import type { Logger } from 'pino';
import { SYSTEM_USERNAME, User } from '../../access/people/user.entity.js';
import type { Database } from '../../platform/database/database.js';
import { Periodic } from '../../platform/periodic.js';
import { ImageRepository } from '../image-repository.entity.js';
import { type RefreshTaskServices, startRefresh } from './start-refresh.js';

export interface RefreshScheduleServices extends RefreshTaskServices {
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
export class RefreshSchedule {
  readonly #rounds = new Periodic(async () => this.#round(), () => this.intervalSeconds * 1000 * (1 + JITTER * (2 * Math.random() - 1)));
  /** What the next round leaves alone; null: nothing. */
  #loadedSince: number | null = null;

  constructor(
    private readonly services: RefreshScheduleServices,
    /** 0 is off. */
    private readonly intervalSeconds: number,
  ) {}

  start(): void {
    if (this.intervalSeconds <= 0) return;
    this.#loadedSince = Date.now() - this.intervalSeconds * 1000;
    this.#rounds.start(FIRST_DELAY_MS);
  }

  /** Begins no further load; resolves when none is just being begun. Loads that run are the runner's. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  /** Begins a load of every repository that was not loaded since then; all of them without `before`. */
  async refreshOlderThan(before: number | null): Promise<void> {
    const em = this.services.database.em.fork();
    const system = await em.findOneOrFail(User, { username: SYSTEM_USERNAME }, { fields: ['id'] });
    const repositories = await em.find(ImageRepository, { retired: false }, { fields: ['id', 'url', 'lastUpdate'] });
    for (const repository of repositories) {
      const isDue = before === null || !repository.lastUpdate || repository.lastUpdate.getTime() < before;
      if (isDue && !this.#rounds.signal.aborted) await startRefresh(em, this.services, repository, system.id);
    }
  }

  async #round(): Promise<void> {
    const before = this.#loadedSince;
    this.#loadedSince = null;
    await this.refreshOlderThan(before).catch((error: unknown) => this.services.log.error({ err: error }, 'The scheduled loads of repositories could not be begun.'));
  }
}
