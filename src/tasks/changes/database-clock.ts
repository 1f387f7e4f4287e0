/**
 * The clock of the database as this process knows it, in milliseconds since 1970. The clock of the machine itself until `set` is called,
 * as it is for SQLite. It goes on evenly, whatever happens to the clock of the machine.
 */
export class DatabaseClock {
  #ahead = 0;

  now(): number {
    return Math.round(performance.timeOrigin + performance.now() + this.#ahead);
  }

  /** Takes over a time that the database has just told. */
  set(at: number): void {
    this.#ahead = at - (performance.timeOrigin + performance.now());
  }
}
