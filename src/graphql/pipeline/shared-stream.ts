import type { OperationContext } from '../admission/admission.js';
import type { EventResults } from './event-results.js';
import type { PublicErrors } from './public-errors.js';
import type { StreamMetrics } from './stream-metrics.js';

/** Sinks that are written to before the event loop may turn to other work. */
const SINKS_PER_TURN = 250;

/** One reader of a subscription. Writing to it never waits. */
export interface Sink {
  /** False while so much waits to be read that it is sent nothing more. */
  readonly isReady: boolean;
  /** Resolves when it is ready again, or its connection is closed. */
  ready(): Promise<void>;
  /** Takes one result, as JSON. */
  next(json: string): void;
  /** Called once, after the last result; with the errors that ended the stream, or null when it is complete. */
  end(error: PublicErrors | null): void;
}

export interface SharedStreamHooks {
  /** Makes the error that ends a stream presentable to clients. */
  formatError(error: unknown): PublicErrors;
  metrics: Pick<StreamMetrics, 'joined' | 'left' | 'opened' | 'closed'>;
  /** The open stream that readers of the same subscription share, if any. */
  shared(): SharedStream | null;
  onOver(stream: SharedStream): void;
}

/** Which stream a sink reads at present. */
interface Reading {
  stream: SharedStream;
}

/**
 * One stream of results, and every sink that reads it. A sink that does not read as fast as results come gets a stream of its own, which
 * goes on when it is ready, with the present state of each row; it shares again once it has caught up.
 */
export class SharedStream {
  readonly #sinks = new Map<Sink, Reading>();
  #isOver = false;
  #isPumping = false;

  constructor(
    private readonly source: EventResults<OperationContext>,
    private readonly hooks: SharedStreamHooks,
  ) {
    hooks.metrics.opened();
  }

  /** Adds the sink; returns the function that removes it, or null when the stream has already ended. */
  join(sink: Sink): (() => void) | null {
    if (this.#isOver) return null;
    this.hooks.metrics.joined();
    const reading: Reading = { stream: this };
    this.#sinks.set(sink, reading);
    // Start with the first sink only: the source holds earlier events until then.
    if (!this.#isPumping) void this.#pump(async () => this.#broadcast());
    return () => reading.stream.#leave(sink);
  }

  /** Calls `step` until it says that there is no more. */
  async #pump(step: () => Promise<boolean>): Promise<void> {
    this.#isPumping = true;
    try {
      while (await step());
      this.#end(null);
    } catch (error) {
      this.#end(this.hooks.formatError(error));
    }
  }

  async #broadcast(): Promise<boolean> {
    const result = await this.source.next();
    if (result.done === true) return false;
    const json = JSON.stringify(result.value);
    let written = 0;
    for (const [sink, reading] of this.#sinks) {
      if (sink.isReady) sink.next(json);
      else this.#split(sink, reading);
      if ((written += 1) % SINKS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  }

  /** Gives the sink a stream of its own, which begins with the result that it has not had. */
  #split(sink: Sink, reading: Reading): void {
    const own = new SharedStream(this.source.fork(), this.hooks);
    this.#sinks.delete(sink);
    own.#sinks.set(sink, reading);
    reading.stream = own;
    void own.#pump(async () => own.#sendWhenReady(sink, reading));
    this.#endWithoutSinks();
  }

  async #sendWhenReady(sink: Sink, reading: Reading): Promise<boolean> {
    if (!sink.isReady) await sink.ready();
    const result = await this.source.next();
    if (result.done === true) return false;
    // Other streams of the same connection may have written meanwhile; what waits is made anew, with the permissions of that time.
    if (sink.isReady) sink.next(JSON.stringify(result.value));
    else this.source.rewind();
    this.#shareAgain(sink, reading);
    return true;
  }

  /** Where neither stream has anything to deliver, both are at the same point. */
  #shareAgain(sink: Sink, reading: Reading): void {
    const shared = this.hooks.shared();
    if (shared === null || shared === this || shared.#isOver || !shared.source.isIdle || !this.source.isIdle || !this.#sinks.delete(sink)) return;
    shared.#sinks.set(sink, reading);
    reading.stream = shared;
    this.#endWithoutSinks();
  }

  #leave(sink: Sink): void {
    if (!this.#sinks.delete(sink)) return;
    this.hooks.metrics.left();
    this.#endWithoutSinks();
  }

  #endWithoutSinks(): void {
    if (this.#sinks.size > 0 || this.#isOver) return;
    this.#end(null);
    void this.source.return();
  }

  #end(error: PublicErrors | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.hooks.metrics.closed();
    this.hooks.onOver(this);
    for (const sink of this.#sinks.keys()) {
      this.hooks.metrics.left();
      sink.end(error);
    }
    this.#sinks.clear();
  }
}
