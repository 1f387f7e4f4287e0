import type { AbortableOperationOptions, CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';

/** Tables that permissions and visibility are read from. */
const WATCHED = new Set(['user_account', 'user_group', 'user_group_member', 'datacenter', 'datacenter_group', 'api_key']);
const TARGET = /^\s*(?:insert\s+(?:or\s+\w+\s+)?into|update|delete\s+from)\s+(?:[`"]?\w+[`"]?\.)?[`"]?(\w+)/i;
const ENDS_TRANSACTION = /^\s*(?:commit|rollback)\b/i;
/** Statements that may write and do not begin with the name of a table; too rare to be worth parsing. */
const MAY_WRITE = /^\s*(?:with|merge|replace|truncate|alter|drop)\b/i;

/** Lifetime of cached reads: a change by another process is seen after this time at the latest, where it is not told at once. */
const CACHE_TTL_MS = 2000;

/** What a statement means for the caches: it writes a watched table, it ends a transaction, or neither. */
export type StatementKind = 'writes' | 'ends' | 'other';

export function statementKind(sql: string): StatementKind {
  const head = sql.slice(0, 120);
  if (isWatched(head)) return 'writes';
  return ENDS_TRANSACTION.test(head) ? 'ends' : 'other';
}

function isWatched(head: string): boolean {
  const table = TARGET.exec(head)?.[1];
  return table === undefined ? MAY_WRITE.test(head) : WATCHED.has(table.toLowerCase());
}

/** Follows the statements of one connection. */
export class ConnectionWrites {
  #isDirty = false;

  /** Calls `ran` after each statement, and `raise` after one that may have changed permissions. */
  constructor(
    private readonly raise: () => void,
    private readonly ran: () => void,
  ) {}

  /** Called when a statement has ended, also when it failed. */
  done(kind: StatementKind): void {
    this.ran();
    if (kind === 'other' || (kind === 'ends' && !this.#isDirty)) return;
    this.#isDirty = kind === 'writes';
    this.raise();
  }
}

/**
 * Counts the writes of this process to the watched tables, so that cached reads of them are invalidated at once. A write
 * counts when its statement ends and again when its transaction ends.
 */
export class WriteVersions {
  #version = 0;

  get version(): number {
    return this.#version;
  }

  raise(): void {
    this.#version += 1;
  }

  connection(ran: () => void = () => undefined): ConnectionWrites {
    return new ConnectionWrites(() => this.raise(), ran);
  }

  /** Wraps `executeQuery` of the connection, so that every statement is counted. */
  follow(connection: DatabaseConnection, seen: ConnectionWrites = this.connection()): void {
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = async <R>(query: CompiledQuery, options?: AbortableOperationOptions): Promise<QueryResult<R>> => {
      try {
        return await execute<R>(query, options);
      } finally {
        seen.done(statementKind(query.sql));
      }
    };
  }
}

const watches = new WeakMap<object, WriteVersions>();

export function giveWriteVersions(driver: object, watch: WriteVersions): void {
  watches.set(driver, watch);
}

/** Has every cached read of this database made anew: another process wrote a watched table. */
export function forgetCachedReads(driver: object): void {
  watches.get(driver)?.raise();
}

/** A cached read: valid until this process writes a watched table, and for `CACHE_TTL_MS` at most. */
export class CachedRead<T> {
  #value: T | undefined;
  #version = -1;
  #readAt = 0;
  #reading: { version: number; value: Promise<T> } | null = null;

  constructor(private readonly driver: object) {}

  /** Undefined when it must be read again; always, for a driver whose writes are not counted. */
  get(): T | undefined {
    const watch = watches.get(this.driver);
    const isFresh = watch !== undefined && watch.version === this.#version && performance.now() - this.#readAt < CACHE_TTL_MS;
    return isFresh ? this.#value : undefined;
  }

  /**
   * Reads the value and caches it, unless a write came during the read. Concurrent callers share one read; if it fails, each of the
   * others reads for itself.
   */
  async renew(read: () => Promise<T>): Promise<T> {
    const version = watches.get(this.driver)?.version ?? -1;
    if (version >= 0 && this.#reading?.version === version) return this.#reading.value.catch(read);
    const value = this.#read(version, read);
    const reading = { version, value };
    this.#reading = reading;
    try {
      return await value;
    } finally {
      if (this.#reading === reading) this.#reading = null;
    }
  }

  async #read(version: number, read: () => Promise<T>): Promise<T> {
    const readAt = performance.now();
    const value = await read();
    this.#value = value;
    this.#version = version;
    this.#readAt = readAt;
    return value;
  }
}
