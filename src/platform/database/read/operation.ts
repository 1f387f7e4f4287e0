import type { EventEmitter } from 'node:events';
import { AppError } from '../../errors.js';
import { WeakMemo } from '../../memory/weak-memo.js';

function abandoned(): AppError {
  return new AppError('BAD_REQUEST', 'The connection was closed before the answer was ready; the work for it was stopped.');
}

/** The running operations of each connection: one `close` listener serves them all. */
const running = new WeakMemo<EventEmitter, Set<Operation>>();

function cancelOnClose(connection: EventEmitter): Set<Operation> {
  const operations = new Set<Operation>();
  connection.once('close', () => {
    for (const operation of operations) operation.cancel();
  });
  return operations;
}

/** The time of statements, in ms. */
export interface ReadTime {
  /** Processor time of this machine. */
  cpuMs: number;
  /** Wall time until a database server answered. */
  waitMs: number;
}

/**
 * An operation of a caller, or one event of a subscription: its deadline, and whether its caller is still connected. Only a heavy read
 * sets a timer and a listener, so all other operations cost nothing.
 */
export class Operation {
  #endsAt: number;
  #isLimitedAsWhole = true;
  #abort: AbortController | null = null;
  #timer: NodeJS.Timeout | null = null;
  #heavyReads = 0;
  #connection: EventEmitter | null = null;
  #unanswered: Error | null = null;
  /** Every reader adds the time of its statements. */
  readonly readTime: ReadTime = { cpuMs: 0, waitMs: 0 };

  /** `user` takes turns with other users; `limitMs` counts from now. */
  constructor(
    readonly user: string,
    private readonly limitMs: number,
  ) {
    this.#endsAt = performance.now() + limitMs;
  }

  get msLeft(): number {
    return this.#endsAt - performance.now();
  }

  /** How long a read of a few rows may take: a server that is gone without a word answers none. */
  get readLimitMs(): number {
    return this.#isLimitedAsWhole ? Math.max(1, Math.ceil(this.msLeft)) : Infinity;
  }

  /** Heavy reads stop when the connection is closed. */
  answerOn(connection: EventEmitter): void {
    this.#connection = connection;
  }

  /**
   * For a mutation: it may wait for a remote server, and it finishes even if its caller disconnects. Only its heavy reads are limited,
   * counted from the first of those that run together.
   */
  limitHeavyReadsOnly(): void {
    this.#isLimitedAsWhole = false;
  }

  /** Throws QUERY_TOO_COMPLEX once its time is over. */
  demandTime(): void {
    if (!this.#isLimitedAsWhole) return;
    this.#abort?.signal.throwIfAborted();
    if (this.msLeft <= 0) throw this.#unanswered ?? this.tooSlow();
  }

  /** The database did not answer a read: what the operation asks for afterwards fails for that reason, not for its own length. */
  noteUnanswered(error: Error): void {
    this.#unanswered = error;
  }

  /** The signal aborts when the time is over or the caller has disconnected; its reason is the error to answer with. */
  async duringRead<T>(read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.demandTime();
    if (!this.#isLimitedAsWhole && this.#heavyReads === 0) {
      this.#endsAt = performance.now() + this.limitMs;
      this.#abort = null;
    }
    this.#abort ??= new AbortController();
    if (this.#heavyReads++ === 0) this.#watch();
    try {
      return await read(this.#abort.signal);
    } finally {
      this.#heavyReads -= 1;
      if (this.#heavyReads === 0) this.#unwatch();
    }
  }

  tooSlow(): AppError {
    const seconds = this.limitMs / 1000;
    const message = `The operation took longer than the ${seconds} s that OPERATION_TIMEOUT allows, and was stopped. Ask for less: a narrower filter or a longer search text, no totalCount, fewer lists at once.`;
    return new AppError('QUERY_TOO_COMPLEX', message, { seconds });
  }

  cancel(): void {
    if (this.#isLimitedAsWhole) this.#abort?.abort(abandoned());
  }

  #watch(): void {
    this.#timer = setTimeout(() => this.#abort?.abort(this.tooSlow()), Math.max(this.msLeft, 0));
    if (this.#connection !== null) running.getOrCompute(this.#connection, cancelOnClose).add(this);
  }

  #unwatch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#connection !== null) running.get(this.#connection)?.delete(this);
  }
}
