/** Work that is done again and again, each time a while after the last has ended. Keeps no process running by itself. */
export class Periodic {
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> = Promise.resolve();

  /** `work` deals with its own failures, and looks at `signal` where it takes long. */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly pauseMs: () => number,
  ) {}

  /** Aborted once it is to stop. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  start(firstDelayMs: number): void {
    this.#plan(firstDelayMs);
  }

  /** Begins no further round; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#round;
  }

  #plan(delayMs: number): void {
    if (this.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#round = this.work().then(() => this.#plan(this.pauseMs()));
    }, delayMs);
    this.#timer.unref();
  }
}
