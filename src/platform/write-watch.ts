import type { AbortableOperationOptions, CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';

/** Tables whose rows decide who may do what, and where. */
const WATCHED = new Set(['user_account', 'user_group', 'user_group_member', 'datacenter', 'datacenter_group', 'api_key']);
const TARGET = /^\s*(?:insert\s+(?:or\s+\w+\s+)?into|update|delete\s+from)\s+(?:[`"]?\w+[`"]?\.)?[`"]?(\w+)/i;
const ENDS_TRANSACTION = /^\s*(?:commit|rollback)\b/i;
/** Statements that write without naming the table first; too few to be worth telling apart. */
const MAY_WRITE = /^\s*(?:with|merge|replace|truncate|alter|drop)\b/i;

/** How long what is remembered may go unread: the time in which a change by another process comes to be seen. */
export const FRESH_MS = 2000;

/**
 * Counts the writes of this process to the tables that decide about rights, so that what is remembered of them is
 * dropped at once. A write counts when it is done and once more when its transaction ends.
 */
export class WriteWatch {
  #version = 0;

  get version(): number {
    return this.#version;
  }

  /** From now on every statement of the connection passes here. */
  follow(connection: DatabaseConnection): void {
    const execute = connection.executeQuery.bind(connection);
    let isDirty = false;
    connection.executeQuery = async <R>(query: CompiledQuery, options?: AbortableOperationOptions): Promise<QueryResult<R>> => {
      const head = query.sql.slice(0, 120);
      const writes = isWatched(head);
      isDirty ||= writes;
      try {
        return await execute<R>(query, options);
      } finally {
        if (writes) this.#version += 1;
        else if (isDirty && ENDS_TRANSACTION.test(head)) {
          this.#version += 1;
          isDirty = false;
        }
      }
    };
  }
}

function isWatched(head: string): boolean {
  const table = TARGET.exec(head)?.[1];
  return table === undefined ? MAY_WRITE.test(head) : WATCHED.has(table.toLowerCase());
}

const watches = new WeakMap<object, WriteWatch>();

export function giveWatch(driver: object, watch: WriteWatch): void {
  watches.set(driver, watch);
}

/** What was read once, for as long as no write of this process and no more than `FRESH_MS` lie between. */
export class Remembered<T> {
  #value: T | undefined;
  #version = -1;
  #readAt = 0;

  constructor(private readonly driver: object) {}

  /** Undefined: read it anew. Never remembered where writes are not watched. */
  get(): T | undefined {
    const watch = watches.get(this.driver);
    const isFresh = watch !== undefined && watch.version === this.#version && Date.now() - this.#readAt < FRESH_MS;
    return isFresh ? this.#value : undefined;
  }

  /** Reads it; a write that comes in the middle makes the outcome good for this once only. */
  async renew(read: () => Promise<T>): Promise<T> {
    const [version, readAt] = [watches.get(this.driver)?.version ?? -1, Date.now()];
    const value = await read();
    this.#value = value;
    this.#version = version;
    this.#readAt = readAt;
    return value;
  }
}
