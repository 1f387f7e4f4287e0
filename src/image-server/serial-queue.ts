/**
 * Runs the steps of long responses one after the other, and yields to the event loop before each, so that however many responses are
 * in progress, other work waits for one step at most. Our own rather than p-queue, which does not yield between jobs.
 */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs the step after all earlier ones. A step that throws rejects for its own caller only. */
  async run<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    const done = turn.then(step);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}
