import type { EventEmitter } from 'node:events';
import { AppError } from '../../errors.js';
import { WeakMemo } from '../../memory/weak-memo.js';

function abandoned(): AppError {
  return new AppError('BAD_REQUEST', 'The connection was closed before the answer was ready; the work for it was stopped.');
}

/** The operations that run for each connection: one listener for all of them, however many a connection carries. */
const running = new WeakMemo<EventEmitter, Set<Operation>>();

function cancelOnClose(connection: EventEmitter): Set<Operation> {
  const operations = new Set<Operation>();
  connection.once('close', () => {
    for (const operation of operations) operation.cancel();
  });
  return operations;
}

/** What statements took, in ms. */
export interface ReadTime {
  /** Processor time of this machine. */
  cpuMs: number;
  /** Time until a database server answered, which may have done something else meanwhile. */
  waitMs: number;
}

/**
 * One operation of a caller, or one event of a subscription: by when it has to end, and whether anybody still waits for it. A timer and a
 * listener exist only while a heavy read does, so that everything else costs nothing.
 */
export class Operation {
  #endsAt: number;
  #isLimitedAsWhole = true;
  #abort: AbortController | null = null;
  #timer: NodeJS.Timeout | null = null;
  #heavyReads = 0;
  #connection: EventEmitter | null = null;
  /** Whoever carries out a statement of the operation adds what that took. */
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

  /** Heavy reads stop when the connection is closed. */
  answerOn(connection: EventEmitter): void {
    this.#connection = connection;
  }

  /**
   * For a mutation: it may wait for a remote server, and what it has begun is brought to its end although nobody waits any longer. Its
   * heavy reads alone have a limit, which begins with the first of those that run together.
   */
  limitHeavyReadsOnly(): void {
    this.#isLimitedAsWhole = false;
  }

  /** QUERY_TOO_COMPLEX once its time is over. */
  demandTime(): void {
    if (!this.#isLimitedAsWhole) return;
    this.#abort?.signal.throwIfAborted();
    if (this.msLeft <= 0) throw this.tooSlow();
  }

  /** The signal aborts with the error to answer with: when time is over, or when nobody waits any longer. */
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
