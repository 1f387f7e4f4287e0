import type { Logger } from 'pino';
import type { Database } from '../../platform/database/database.js';
import { ClusterSchedule } from '../../platform/scheduling/cluster-schedule.js';
import { Periodic } from '../../platform/scheduling/periodic.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { removeLostAttempts } from './lost-attempts.js';

/** The interval at which a process looks whether a sweep is due. */
const LOOK_MS = 5000;
/** The shortest pause between two sweeps; a sweep that took long is followed by a pause of so many times that. */
const PAUSE_MS = 20_000;
const PAUSE_FACTOR = 19;
const LONGEST_PAUSE_MS = 6 * 3600 * 1000;
/** If the process that sweeps is killed, another one begins anew after this. */
const HOLD_MS = 30_000;
/** Names that one line of the log has. */
const MOST_NAMES = 50;

/**
 * Removes from the image store what nobody owns, again and again, in one process at a time: what a crash left half-done, and what attempts
 * left that lost their task. Most of it is removed at the end of its task; a frozen process may write more when it wakes.
 */
export class StoreSweep {
  readonly #rounds = new Periodic(async () => this.#round(), () => LOOK_MS);
  readonly #schedule: ClusterSchedule;
  #dueAt = 0;
  #isFailing = false;

  constructor(
    private readonly database: Database,
    private readonly store: FileStore,
    private readonly log: Logger,
  ) {
    this.#schedule = new ClusterSchedule(database, 'sweep of the image store');
  }

  start(): void {
    this.#rounds.start(0);
  }

  /** Begins no further sweep; resolves when the present one has stopped. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  /** Sweeps once, whether it is due or not. */
  async sweep(): Promise<void> {
    this.#tell(await this.store.sweep());
    let heldAt = performance.now();
    const onBatch = async (removed: readonly string[]): Promise<void> => {
      this.#tell(removed);
      if (performance.now() - heldAt < HOLD_MS / 3) return;
      heldAt = performance.now();
      await this.#schedule.postpone(HOLD_MS);
    };
    await removeLostAttempts({ em: this.database.em.fork(), store: this.store, onBatch, signal: this.#rounds.signal }, this.store.listAttempts());
  }

  async #round(): Promise<void> {
    if (performance.now() < this.#dueAt) return;
    try {
      if (!(await this.#schedule.begin(HOLD_MS))) return;
      const begunAt = performance.now();
      await this.sweep();
      const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, PAUSE_FACTOR * (performance.now() - begunAt)));
      this.#dueAt = performance.now() + pauseMs;
      await this.#schedule.postpone(pauseMs);
      this.#isFailing = false;
    } catch (error) {
      // The store or the database is away, which others report too.
      if (!this.#isFailing) this.log.warn({ err: error }, 'The image store could not be swept; it is tried again.');
      this.#isFailing = true;
    }
  }

  #tell(removed: readonly string[]): void {
    if (removed.length > 0) this.log.info({ removed: removed.slice(0, MOST_NAMES), count: removed.length }, 'Left-over files were removed from the image store.');
  }
}
