import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SqlText } from '../sql-text.js';
import type { HeavyReader, ReadLimit } from './heavy-reads.js';

const READER = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './reader-process.ts' : './reader-process.js', import.meta.url));
/** Rows are handed on as they are read; a page of manifests is the most. */
const MEMORY = ['--max-semi-space-size=1', '--max-old-space-size=64'];
/** Most statements end within it: a process that is killed has to be started anew, which takes 50 ms of processor time. */
const GRACE_MS = 100;
/** After which a process that is asked nothing ends. */
const IDLE_MS = 60_000;

export interface SqliteFile {
  path: string;
  busyTimeoutMs: number;
}

type Answer = ({ rows: unknown[] } | { error: string }) & { cpuMs: number };

/** A process that reads one statement at a time; it takes no further ones once it has ended. */
class Reader {
  readonly #process: ChildProcess;
  #answer: PromiseWithResolvers<unknown[]> | null = null;
  /** Processor time of the last answer. */
  cpuMs = 0;
  /** Whether it can be asked again. */
  isUsable = true;
  readonly ended: Promise<void>;

  constructor({ path, busyTimeoutMs }: SqliteFile) {
    // Neither the flags of a test runner or debugger are for this process, nor our environment with its secrets.
    this.#process = fork(READER, [path, String(busyTimeoutMs)], { execArgv: MEMORY, env: {}, serialization: 'json', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#process.on('message', (answer: Answer) => this.#answered(answer));
    this.ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.isUsable = false;
        this.#answer?.reject(new Error(`A process that reads the database ended while it was asked: ${reason}.`));
        this.#answer = null;
        resolve();
      };
      this.#process.on('error', (error) => end(error.message));
      this.#process.once('exit', (code, signal) => end(String(signal ?? code)));
    });
  }

  async read({ text, values }: SqlText, asObjects: boolean): Promise<unknown[]> {
    this.cpuMs = 0;
    this.#answer = Promise.withResolvers();
    const { promise } = this.#answer;
    this.#process.ref();
    this.#process.channel?.ref();
    this.#process.send({ text, values, asObjects });
    return promise;
  }

  /** From now on it keeps our own process alive no longer. */
  rest(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }

  /** Ends it in the middle of whatever it does. */
  kill(): void {
    // An answer may still be on its way, and comes before its end does.
    this.isUsable = false;
    this.#process.kill('SIGKILL');
  }

  #answered(answer: Answer): void {
    this.cpuMs = answer.cpuMs;
    if ('rows' in answer) this.#answer?.resolve(answer.rows);
    else this.#answer?.reject(new Error(answer.error));
    this.#answer = null;
  }
}

/**
 * Reads an SQLite file in processes of their own, so that no statement holds the event loop, and any can be stopped. Processes and not
 * threads: a thread ends only after the statement it is in (40 s of them, where we tried), as better-sqlite3 offers no interrupt; a
 * function within each statement that throws on request costs more than most conditions do (100 ms for a million rows). A process is
 * killed at once, and takes neither more memory (13 MB) nor more time to start (50 ms) or to be asked (30 µs) than a thread.
 */
export class ReaderPool implements HeavyReader {
  /** With the timer that ends each; the one that was asked last comes last. */
  readonly #idle = new Map<Reader, NodeJS.Timeout>();
  readonly #all = new Set<Reader>();
  #isClosed = false;

  constructor(private readonly file: SqliteFile) {}

  /** Processes that exist now. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * The rows of a statement, read by a process that nobody else asks meanwhile; whoever calls sees to it that they do not become many.
   * Once the signal aborts, the statement has a moment to end, and is stopped then.
   */
  async read(text: SqlText, asObjects: boolean, { signal, time }: ReadLimit): Promise<unknown[]> {
    if (this.#isClosed) throw new Error('The database is closed.');
    const reader = this.#take();
    let grace: NodeJS.Timeout | null = null;
    const stop = (): void => {
      grace = setTimeout(() => reader.kill(), GRACE_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    const began = performance.now();
    try {
      return await reader.read(text, asObjects);
    } finally {
      // A process that is stopped can no longer say what it took.
      time.cpuMs += reader.isUsable ? reader.cpuMs : performance.now() - began;
      signal.removeEventListener('abort', stop);
      if (grace !== null) clearTimeout(grace);
      this.#giveBack(reader);
    }
  }

  /** Ends all processes, whatever they do. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const readers = [...this.#all];
    for (const reader of readers) reader.kill();
    await Promise.all(readers.map(async ({ ended }) => ended));
  }

  #take(): Reader {
    const [last] = [...this.#idle].slice(-1);
    if (last === undefined) return this.#start();
    const [reader, timer] = last;
    clearTimeout(timer);
    this.#idle.delete(reader);
    return reader;
  }

  #giveBack(reader: Reader): void {
    if (!reader.isUsable) return;
    reader.rest();
    this.#idle.set(reader, setTimeout(() => this.#retire(reader), IDLE_MS).unref());
  }

  #retire(reader: Reader): void {
    this.#idle.delete(reader);
    reader.kill();
  }

  #start(): Reader {
    const reader = new Reader(this.file);
    this.#all.add(reader);
    void reader.ended.then(() => this.#forget(reader));
    return reader;
  }

  #forget(reader: Reader): void {
    this.#all.delete(reader);
    clearTimeout(this.#idle.get(reader));
    this.#idle.delete(reader);
  }
}
