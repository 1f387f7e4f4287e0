import type { Followed } from './change.js';

/** How many changes of one type may wait for those who are slow to hear of them. */
const MOST_CHANGES = 1000;

export interface LoggedChange {
  /** Rises with each change. */
  readonly sequence: number;
  readonly change: Followed;
}

/** Changes that tell the same: who hears of the later one alone misses nothing, as the object is read when it is told. */
function subjectOf(change: Followed): string {
  switch (change.type) {
    case 'image':
      // Not one of the other attachments: who follows a datacenter hears when an image leaves it.
      return `${change.kind} ${change.imageId} ${change.datacenterIds.join()}`;
    case 'task':
      return change.taskId;
    case 'repository':
      return String(change.repositoryId);
  }
}

/**
 * The last 1,000 changes of one type, in order, for all who follow it: each of them remembers only how far it has read. Of
 * changes that tell the same only the last is kept, so whoever is slow hears of the present state and not of every step.
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

  /** Whether some change after that sequence is no longer here, nor a later one that tells the same. */
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
