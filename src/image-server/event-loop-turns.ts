/**
 * Shares the event loop between long answers: each does one short step per turn, and one turn is given per round of the loop.
 * However many answers are under way, everybody else waits for one step at most.
 */
export class EventLoopTurns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is this answer's turn; its step has to follow at once. */
  take(): Promise<void> {
    const mine = this.#last.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    this.#last = mine;
    return mine;
  }
}
