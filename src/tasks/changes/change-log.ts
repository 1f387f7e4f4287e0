import type { Followed } from './change.js';

/** Changes of one type that are kept for slow listeners. */
const MOST_CHANGES = 1000;
/** Changes of one row that differ in who saw it before, and are told as one. */
const MOST_STEPS = 8;

interface Step {
  /** Increases with each change. */
  readonly sequence: number;
  readonly change: Followed;
  /** Equal for changes of a row of which the later one says all. */
  readonly key: string;
}

/** The changes of one row, as of the last of them. */
export interface LoggedRow {
  readonly sequence: number;
  readonly subject: string;
  readonly steps: readonly Step[];
}

/** The row that a change is about. Its creation is told apart from its later changes. */
export function subjectOf(change: Followed): string {
  switch (change.type) {
    case 'image':
      return `${change.kind === 'CREATED' ? 'new ' : ''}${change.imageId}`;
    case 'task':
      return change.taskId;
    case 'repository':
      return String(change.repositoryId);
  }
}

/** The row is read when its event is sent, so of several changes the last one suffices, unless different people saw the row before each. */
function keyOf(change: Followed): string {
  return change.type === 'image' ? JSON.stringify([change.before, change.datacenterIds]) : '';
}

/**
 * The last 1,000 rows of one type that changed, in the order of their last changes, shared by all listeners. A slow listener hears of the present state of each row and not of every step.
 */
export class ChangeLog {
  readonly #rows: LoggedRow[] = [];
  readonly #latest = new Map<string, LoggedRow>();
  #last = 0;
  #forgotten = 0;
  #rights = 0;

  /** The sequence of the last change. */
  get last(): number {
    return this.#last;
  }

  add(change: Followed): void {
    const subject = subjectOf(change);
    const earlier = this.#latest.get(subject);
    this.#last += 1;
    const step: Step = { sequence: this.#last, change, key: `${this.#rights} ${keyOf(change)}` };
    const steps = [...(earlier?.steps ?? []).filter(({ key }) => key !== step.key), step];
    // A row with too many different steps gets a second entry; the first one stays where it is.
    const isMerged = steps.length <= MOST_STEPS;
    if (isMerged && earlier !== undefined) this.#rows.splice(this.#indexAfter(earlier.sequence - 1), 1);
    const row: LoggedRow = { sequence: this.#last, subject, steps: isMerged ? steps : [step] };
    this.#rows.push(row);
    this.#latest.set(subject, row);
    if (this.#rows.length > MOST_CHANGES) this.#forgetOldest();
  }

  /** Rights changed: who saw a row before a later change is another question than before an earlier one. */
  separate(): void {
    this.#rights += 1;
  }

  /** The first row whose last change came after that sequence. */
  after(sequence: number): LoggedRow | undefined {
    return this.#rows[this.#indexAfter(sequence)];
  }

  has(subject: string): boolean {
    return this.#latest.has(subject);
  }

  /** Whether a change after that sequence was evicted and not replaced by a later one of its row. */
  hasLost(sequence: number): boolean {
    return sequence < this.#forgotten;
  }

  #forgetOldest(): void {
    const oldest = this.#rows.shift();
    if (oldest === undefined) return;
    this.#forgotten = oldest.sequence;
    if (this.#latest.get(oldest.subject) === oldest) this.#latest.delete(oldest.subject);
  }

  #indexAfter(sequence: number): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#rows[middle]?.sequence ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
