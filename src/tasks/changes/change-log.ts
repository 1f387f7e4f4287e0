import type { Followed } from './change.js';

/** Changes of one type that are kept for slow listeners. */
const MOST_CHANGES = 1000;

export interface LoggedChange {
  /** Increases with each change. */
  readonly sequence: number;
  readonly change: Followed;
}

/** Changes with the same subject replace each other: the object is read when the event is sent, so the last one suffices. */
function subjectOf(change: Followed): string {
  switch (change.type) {
    case 'image':
      // Changes of other attachments stay apart, so that a listener of a datacenter hears when an image leaves it.
      return `${change.kind} ${change.imageId} ${change.datacenterIds.join()}`;
    case 'task':
      return change.taskId;
    case 'repository':
      return String(change.repositoryId);
  }
}

/**
 * The last 1,000 changes of one type, in order, shared by all listeners: each stores only the sequence it has read to. A change replaces
 * an earlier one of the same subject, so a slow listener hears of the present state and not of every step.
 */
export class ChangeLog {
  readonly #changes: LoggedChange[] = [];
  readonly #latest = new Map<string, number>();
  #last = 0;
  #forgotten = 0;

  /** The sequence of the last change. */
  get last(): number {
    return this.#last;
  }

  add(change: Followed): void {
    const subject = subjectOf(change);
    const earlier = this.#latest.get(subject);
    if (earlier !== undefined) this.#changes.splice(this.#indexAfter(earlier - 1), 1);
    this.#last += 1;
    this.#changes.push({ sequence: this.#last, change });
    this.#latest.set(subject, this.#last);
    if (this.#changes.length > MOST_CHANGES) this.#forgetOldest();
  }

  /** The first change after that sequence. */
  after(sequence: number): LoggedChange | undefined {
    return this.#changes[this.#indexAfter(sequence)];
  }

  /** Whether a change after that sequence was evicted and not replaced by a later one of its subject. */
  hasLost(sequence: number): boolean {
    return sequence < this.#forgotten;
  }

  #forgetOldest(): void {
    const oldest = this.#changes.shift();
    if (oldest === undefined) return;
    this.#forgotten = oldest.sequence;
    this.#latest.delete(subjectOf(oldest.change));
  }

  #indexAfter(sequence: number): number {
    let [low, high] = [0, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.sequence ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
