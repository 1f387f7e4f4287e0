import type { Followed } from './change.js';
import type { ChangeLog } from './change-log.js';

/** Rows of which it is stored how far they were read; those that the log has dropped since are forgotten beyond. */
const MOST_READ = 2000;

/** How far one listener has read the log of changes. Reading it to the end costs no memory. */
export class LogReader {
  #readTo: number;
  /** Up to here it has read everything. */
  #completeTo: number;
  /** How far it has read rows since: one that changes again moves behind others that were not read yet. */
  #readOf = new Map<string, number>();

  constructor(private readonly log: ChangeLog) {
    this.#readTo = log.last;
    this.#completeTo = log.last;
  }

  /** Whether the log has dropped a change that was not read. */
  get hasLost(): boolean {
    return this.log.hasLost(this.#readTo);
  }

  get isAtEnd(): boolean {
    return this.#readTo >= this.log.last;
  }

  /** The unread changes of the next row, oldest first; null at the end. */
  next(): readonly Followed[] | null {
    const row = this.log.after(this.#readTo);
    if (row === undefined) {
      this.skip();
      return null;
    }
    const { sequence, subject, steps } = row;
    const readOf = this.#readOf.get(subject) ?? this.#completeTo;
    this.#readTo = sequence;
    this.#readOf.set(subject, sequence);
    if (this.isAtEnd) this.skip();
    else if (this.#readOf.size > MOST_READ) this.#forgetDropped();
    return steps.filter((step) => step.sequence > readOf).map(({ change }) => change);
  }

  /** Goes to the end. */
  skip(): void {
    this.#readTo = this.log.last;
    this.#completeTo = this.log.last;
    if (this.#readOf.size > 0) this.#readOf = new Map();
  }

  fork(): LogReader {
    const fork = new LogReader(this.log);
    fork.#readTo = this.#readTo;
    fork.#completeTo = this.#completeTo;
    fork.#readOf = new Map(this.#readOf);
    return fork;
  }

  #forgetDropped(): void {
    for (const subject of this.#readOf.keys()) if (!this.log.has(subject)) this.#readOf.delete(subject);
  }
}
