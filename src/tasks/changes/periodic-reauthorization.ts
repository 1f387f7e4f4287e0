import type { ChangeBus } from './change-bus.js';

const INTERVAL_MS = 100;
/** Each open stream looks again about every 5 s; from 1,000 different ones on less often, so that looking stays cheap. */
const LONGEST_ROUND = 50;
const MOST_AT_ONCE = 20;

/** Has open streams look again whether they still may, also when nothing happens: keys expire, and other processes change rights. */
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
