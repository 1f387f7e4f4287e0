/**
 * Shares the event loop between long answers: one short step of one of them per round of the loop, statements included. However many
 * answers are under way, everybody else waits for one step at most, and the database works on one.
 */
export class EventLoopQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the step when it is its turn, in the order of the calls. A step that fails does so for its caller alone. */
  async run<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    const done = turn.then(step);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
