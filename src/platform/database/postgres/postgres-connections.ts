import { Client, type ClientConfig, type Pool, type PoolClient } from 'pg';
import { connectionOptions } from './connection-options.js';
import { awayOr } from './database-away.js';
import { isReadTimeout } from './read-timeout.js';

/** How long a request waits for a free connection of the pool. */
const LONGEST_WAIT_MS = 15_000;
/** The database cancels a statement itself; this is for a server that is gone without a word. */
const GRACE_MS = 1000;

/** Opens a single connection: the caller connects it, and ends it. `timeoutMs` bounds each of its statements. */
export function createPostgresClient(url: string, { timeoutMs }: { timeoutMs?: number } = {}): Client {
  return new Client({ ...connectionOptions(url), ...(timeoutMs !== undefined && { query_timeout: timeoutMs }) });
}

/** The options of the pool that MikroORM makes. Without `statementTimeoutMs`, a statement may take as long as it likes. */
export function postgresPoolOptions(url: string, { max, statementTimeoutMs }: { max: number; statementTimeoutMs: number | null }): object {
  const options = { ...connectionOptions(url), ...(statementTimeoutMs !== null && { query_timeout: statementTimeoutMs + GRACE_MS }) };
  return { ...options, max, connectionTimeoutMillis: LONGEST_WAIT_MS, Client: pooledClient(options) };
}

/** Makes the pool say DatabaseAway when it cannot connect. */
export function nameConnectFaults(pool: Pool): void {
  const connect = pool.connect.bind(pool) as (...words: unknown[]) => Promise<PoolClient> | undefined;
  pool.connect = ((...words: unknown[]) =>
    connect(...words)?.catch((error: unknown) => {
      throw awayOr(error);
    })) as Pool['connect'];
}

/** Clients whose time to connect is not that of waiting for a free one, and which break when a statement is given up. */
function pooledClient(options: ClientConfig): typeof Client {
  return class extends Client {
    constructor({ types }: ClientConfig) {
      super({ ...options, types });
      const query = this.query.bind(this) as (...words: unknown[]) => unknown;
      this.query = ((...words: unknown[]) => {
        const result = query(...words);
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
