import type { ChangeBus } from './change-bus.js';

const INTERVAL_MS = 100;
/** Each open stream checks its permissions about every 5 s; less often above 1,000 different streams, which bounds the cost. */
const LONGEST_ROUND = 50;
const MOST_AT_ONCE = 20;

/** Makes open streams check their permissions even when nothing happens: keys expire, and other processes change permissions. */
export class PeriodicReauthorization {
  readonly #timer: NodeJS.Timeout;
  #owed = 0;

  constructor(changes: ChangeBus) {
    this.#timer = setInterval(() => {
      this.#owed = Math.min(MOST_AT_ONCE, this.#owed + changes.listening / LONGEST_ROUND);
      changes.remind(Math.floor(this.#owed));
      this.#owed -= Math.floor(this.#owed);
    }, INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
