import type { RequestContainer } from '../../access/request-container.js';
import type { Followed } from './change.js';
import { type ChangeHistory, COMMIT_MARGIN_MS, type RecordPosition } from './change-history.js';
import { slowReader } from './change-listener.js';
import type { ChangeSource } from './change-source.js';

/** The recorded changes of one type since some time, up to the present when it is read. */
export class MissedChanges implements ChangeSource {
  #position: RecordPosition | null;
  #isStarted = false;

  constructor(
    private readonly history: ChangeHistory,
    private readonly type: Followed['type'],
    since: number,
  ) {
    this.#position = { since: since - COMMIT_MARGIN_MS, afterId: '' };
  }

  /** Throws SLOW_READER when it begins so late that the first changes are no longer recorded. */
  async page({ reads }: RequestContainer): Promise<readonly Followed[] | null> {
    if (this.#position === null) return null;
    if (!this.history.reaches(this.#position.since)) throw slowReader('This stream was behind for too long, so some of its events are no longer there');
    this.#isStarted = true;
    const { changes, next } = await this.history.page(reads, this.#position);
    this.#position = next;
    return changes.filter(({ type }) => type === this.type);
  }

  fork(): MissedChanges {
    const fork = new MissedChanges(this.history, this.type, 0);
    fork.#position = this.#position;
    fork.#isStarted = this.#isStarted;
    return fork;
  }

  covers(other: ChangeSource): boolean {
    return other instanceof MissedChanges && !this.#isStarted;
  }
}
