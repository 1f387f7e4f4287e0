import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SqlText } from '../sql-text.js';
import type { HeavyReader, ReadLimit } from './heavy-reads.js';

const READER = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './reader-process.ts' : './reader-process.js', import.meta.url));
/** Small heaps: a reader holds the rows of one statement, at most a page of manifests. */
const MEMORY = ['--max-semi-space-size=1', '--max-old-space-size=64'];
/** The time that an aborted statement has to end: a killed process must be started again, which takes 50 ms of processor time. */
const GRACE_MS = 100;
/** A reader ends when it was idle for this long. */
const IDLE_MS = 60_000;

export interface SqliteFile {
  path: string;
  busyTimeoutMs: number;
}

type Answer = ({ rows: unknown[] } | { error: string }) & { cpuMs: number };

/** A process that runs one statement at a time. */
class Reader {
  readonly #process: ChildProcess;
  #answer: PromiseWithResolvers<unknown[]> | null = null;
  /** Processor time of the last answer. */
  cpuMs = 0;
  /** False once the process has ended or was killed. */
  isUsable = true;
  readonly ended: Promise<void>;

  constructor({ path, busyTimeoutMs }: SqliteFile) {
    // It inherits neither the flags of a test runner or debugger nor our environment with its secrets.
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

  /** Lets our own process exit while this one is idle. */
  rest(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }

  /** Kills the process, also in the middle of a statement. */
  kill(): void {
    // An answer that is on its way still arrives before the exit event.
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
 * Reads an SQLite file in child processes, so that no statement blocks the event loop and each can be stopped. Not in threads: better-sqlite3
 * has no interrupt, so a thread ends only after its statement (we measured 40 s), and a function in each statement that throws on request
 * costs more than most conditions (100 ms per million rows). A process can be killed at once, and takes no more memory (13 MB), time to
 * start (50 ms) or time per question (30 µs) than a thread.
 */
export class ReaderPool implements HeavyReader {
  /** Idle readers with their timers; the most recently used comes last. */
  readonly #idle = new Map<Reader, NodeJS.Timeout>();
  readonly #all = new Set<Reader>();
  #isClosed = false;

  constructor(private readonly file: SqliteFile) {}

  /** Number of processes. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * Runs a statement in an idle process or a new one; the caller bounds how many run at once. When the signal aborts, the statement has
   * 100 ms to end before its process is killed.
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
      // A killed process can no longer report its processor time.
      time.cpuMs += reader.isUsable ? reader.cpuMs : performance.now() - began;
      signal.removeEventListener('abort', stop);
      if (grace !== null) clearTimeout(grace);
      this.#giveBack(reader);
    }
  }

  /** Kills all processes. */
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
