import { setImmediate as nextRound } from 'node:timers/promises';

const LONGEST_STRETCH_MS = 10;

/** Lets the event loop serve everything else once work of many short steps has had it for 10 ms. */
export class EventLoopYielder {
  #since = performance.now();
  #yielding: Promise<void> | null = null;

  get isYielding(): boolean {
    return this.#yielding !== null;
  }

  /** Begins a new stretch: the work rested until now. */
  restart(): void {
    this.#since = performance.now();
  }

  /** Cheap to call after every step; steps that run together yield together. */
  async yieldIfDue(): Promise<void> {
    if (this.#yielding === null && performance.now() - this.#since < LONGEST_STRETCH_MS) return;
    this.#yielding ??= this.#yield();
    await this.#yielding;
  }

  async #yield(): Promise<void> {
    await nextRound();
    this.#yielding = null;
    this.restart();
  }
}
