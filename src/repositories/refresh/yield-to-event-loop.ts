import { setImmediate as nextTurn } from 'node:timers/promises';

const LONGEST_STRETCH_MS = 10;

/** Lets everybody else have a turn once this work has had the event loop for 10 ms; cheap to call for every entry. */
export class EventLoopYield {
  #since = performance.now();

  async give(): Promise<void> {
    if (performance.now() - this.#since < LONGEST_STRETCH_MS) return;
    await nextTurn();
    this.#since = performance.now();
  }
}
