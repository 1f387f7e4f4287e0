import { Client, type ClientConfig, type Pool, type PoolClient } from 'pg';
import { connectionOptions } from './connection-options.js';
import { NoAnswer, withinTime } from '../../scheduling/within-time.js';
import { awayOr, DatabaseAway } from './database-away.js';
import { isReadTimeout } from './read-timeout.js';

/** Of the time in which a request must be answered, the share that it waits for a free connection of the pool; the rest is for the first statement. */
const WAITING_SHARE = 0.6;
/** The database cancels a statement itself; this is for a server that is gone without a word. */
const GRACE_MS = 1000;

/** Opens a single connection: the caller connects it, and ends it. `timeoutMs` bounds each of its statements. */
export function createPostgresClient(url: string, { timeoutMs }: { timeoutMs?: number } = {}): Client {
  return new Client({ ...connectionOptions(url), ...(timeoutMs !== undefined && { query_timeout: timeoutMs }) });
}

/** The bounds of a pool. Without `statementTimeoutMs`, a statement may take as long as it likes. `answerMs` is how long one waits for a database that does not answer. */
export interface PoolLimits {
  max: number;
  statementTimeoutMs: number | null;
  answerMs: number;
}

/** The options of the pool that MikroORM makes. */
export function postgresPoolOptions(url: string, { max, statementTimeoutMs, answerMs }: PoolLimits): object {
  const options = { ...connectionOptions(url), ...(statementTimeoutMs !== null && { query_timeout: statementTimeoutMs + GRACE_MS }) };
  const waitMs = Math.ceil(answerMs * WAITING_SHARE);
  return { ...options, max, connectionTimeoutMillis: waitMs, Client: pooledClient(options, Math.max(1, answerMs - waitMs)) };
}

/** A free connection of the pool, or DatabaseAway once the time is over. */
export async function connectWithin(pool: Pool, ms: number): Promise<PoolClient> {
  // Most reads find one that is free, and need no timer.
  if (pool.idleCount > pool.waitingCount) return pool.connect();
  const connecting = pool.connect();
  try {
    return await withinTime(Math.max(1, ms), connecting);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    // It is given back as soon as it is there.
    connecting.then((client) => client.release(), () => undefined);
    throw new DatabaseAway(error);
  }
}

/** Makes the pool say DatabaseAway when it cannot connect. */
export function nameConnectFaults(pool: Pool): void {
  const connect = pool.connect.bind(pool) as (...words: unknown[]) => Promise<PoolClient> | undefined;
  pool.connect = ((...words: unknown[]) =>
    connect(...words)?.catch((error: unknown) => {
      throw awayOr(error);
    })) as Pool['connect'];
}

/** How every transaction begins. It waits for no lock: a server that does not answer it soon is gone without a word. */
const BEGIN = /^begin\b/;

/** The words of a query with the time in which the beginning of a transaction must be answered. */
function withBeginTimeout(words: readonly unknown[], beginMs: number): readonly unknown[] {
  const [text, ...rest] = words;
  return typeof text === 'string' && BEGIN.test(text) ? [{ text, query_timeout: beginMs }, ...rest] : words;
}

/** Clients whose time to connect is not that of waiting for a free one, and which break when a statement is given up. */
function pooledClient(options: ClientConfig, beginMs: number): typeof Client {
  return class extends Client {
    constructor({ types }: ClientConfig) {
      super({ ...options, types });
      const query = this.query.bind(this) as (...words: unknown[]) => unknown;
      this.query = ((...words: unknown[]) => {
        const result = query(...withBeginTimeout(words, beginMs));
        return result instanceof Promise ? result.catch((error: unknown) => this.#failed(error)) : result;
      }) as Client['query'];
    }

    #failed(error: unknown): never {
      if (isReadTimeout(error)) {
        // Before the pool gives it to whoever waits: breaking the stream alone is noticed later.
        void this.end();
        this.connection.stream.destroy();
      }
      throw awayOr(error);
    }
  } as typeof Client;
}
