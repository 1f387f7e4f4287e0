/** Repeats work, with a pause after each round. Does not keep the process alive. */
export class Periodic {
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> = Promise.resolve();

  /** `work` handles its own errors, and checks `signal` if it takes long. */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly pauseMs: () => number,
  ) {}

  /** Aborts when `stop()` is called. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  start(firstDelayMs: number): void {
    this.#plan(firstDelayMs);
  }

  /** Starts no further round; resolves when the running one has ended. */
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
