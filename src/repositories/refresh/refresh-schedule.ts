import type { Logger } from 'pino';
import { SYSTEM_USERNAME, User } from '../../access/people/user.entity.js';
import type { Database } from '../../platform/database/database.js';
import { sqlText } from '../../platform/database/sql-text.js';
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

/** A repository is due when its last refresh began so long ago; less than the interval, which varies. */
const DUE = 1 - 2 * JITTER;

/**
 * Refreshes every repository at an interval, as the user `system`. The interval varies by 10 %, so that many gateways do not ask a
 * repository at the same moment. Of many processes with one database, the first one whose round comes refreshes what is due.
 */
export class RefreshSchedule {
  readonly #rounds = new Periodic(async () => this.#round(), () => this.intervalSeconds * 1000 * (1 + JITTER * (2 * Math.random() - 1)));

  constructor(
    private readonly services: RefreshScheduleServices,
    /** 0 turns the schedule off. */
    private readonly intervalSeconds: number,
  ) {}

  start(): void {
    if (this.intervalSeconds > 0) this.#rounds.start(FIRST_DELAY_MS);
  }

  /** Starts no further refresh; resolves when none is being started. The runner ends those under way. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  /** Starts a refresh of every repository whose last one began before then; of every one when `before` is null. */
  async refreshOlderThan(before: number | null): Promise<void> {
    const em = this.services.database.em.fork();
    const system = await em.findOneOrFail(User, { username: SYSTEM_USERNAME }, { fields: ['id'] });
    const repositories = await em.find(ImageRepository, { retired: false }, { fields: ['id', 'url'] });
    const isDue = before === null ? undefined : sqlText`not exists (select 1 from task t where t.repository_id = image_repository.id
      and t.action = 'REPOSITORY_REFRESH' and t.created_at >= ${before})`;
    for (const repository of repositories) {
      if (!this.#rounds.signal.aborted) await startRefresh(em, this.services, repository, { userId: system.id, tokenGroups: [] }, isDue);
    }
  }

  async #round(): Promise<void> {
    const before = Date.now() - this.intervalSeconds * 1000 * DUE;
    await this.refreshOlderThan(before).catch((error: unknown) => this.services.log.error({ err: error }, 'The scheduled refreshes of repositories could not be started.'));
  }
}
