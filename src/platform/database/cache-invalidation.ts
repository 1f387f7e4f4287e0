import type { AbortableOperationOptions, CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';

/** Tables whose rows decide who may do what, and where. */
const WATCHED = new Set(['user_account', 'user_group', 'user_group_member', 'datacenter', 'datacenter_group', 'api_key']);
const TARGET = /^\s*(?:insert\s+(?:or\s+\w+\s+)?into|update|delete\s+from)\s+(?:[`"]?\w+[`"]?\.)?[`"]?(\w+)/i;
const ENDS_TRANSACTION = /^\s*(?:commit|rollback)\b/i;
/** Statements that write without naming the table first; too few to be worth telling apart. */
const MAY_WRITE = /^\s*(?:with|merge|replace|truncate|alter|drop)\b/i;

/** How long what is remembered may go unread: the time in which a change by another process comes to be seen. */
export const CACHE_TTL_MS = 2000;

/** What a statement is to the watch. */
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

/** What was written by one connection, by whichever way its statements go. */
export class ConnectionWrites {
  #isDirty = false;

  /** `ran` is called after each statement, `raise` where one may have changed who may do what. */
  constructor(
    private readonly raise: () => void,
    private readonly ran: () => void,
  ) {}

  /** A statement has come to its end, good or bad. */
  done(kind: StatementKind): void {
    this.ran();
    if (kind === 'other' || (kind === 'ends' && !this.#isDirty)) return;
    this.#isDirty = kind === 'writes';
    this.raise();
  }
}

/**
 * Counts the writes of this process to the tables that decide about rights, so that what is remembered of them is
 * dropped at once. A write counts when it is done and once more when its transaction ends.
 */
export class WriteVersions {
  #version = 0;

  get version(): number {
    return this.#version;
  }

  connection(ran: () => void = () => undefined): ConnectionWrites {
    return new ConnectionWrites(() => (this.#version += 1), ran);
  }

  /** From now on every statement of the connection passes here. */
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

/** What was read once, for as long as no write of this process and no more than `FRESH_MS` lie between. */
export class CachedRead<T> {
  #value: T | undefined;
  #version = -1;
  #readAt = 0;
  #reading: { version: number; value: Promise<T> } | null = null;

  constructor(private readonly driver: object) {}

  /** Undefined: read it anew. Never remembered where writes are not watched. */
  get(): T | undefined {
    const watch = watches.get(this.driver);
    const isFresh = watch !== undefined && watch.version === this.#version && Date.now() - this.#readAt < CACHE_TTL_MS;
    return isFresh ? this.#value : undefined;
  }

  /**
   * Reads it; a write that comes in the middle makes the outcome good for this once only. Whoever asks meanwhile waits for the same
   * read; should that fail, it reads by itself.
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
    const readAt = Date.now();
    const value = await read();
    this.#value = value;
    this.#version = version;
    this.#readAt = readAt;
    return value;
  }
}
