import type { Database } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import type { Log } from '../../platform/log.js';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';

/** A use is written at most once in this time, whichever process saw it. */
const INTERVAL_MS = 60_000;
/** How long uses are collected before they are written together. */
const DELAY_MS = 1000;
/** Keys in memory. */
const MOST_KEYS = 10_000;
/** Uses that one transaction writes. */
const BATCH = 200;

/** Records when API keys were last used, behind the requests: a sign-in notes its key, and a timer writes the notes. */
export class ApiKeyUses {
  readonly #noted = new BoundedCache<string, number>({ max: MOST_KEYS });
  readonly #pending = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly log: Pick<Log, 'warn'>,
  ) {}

  /** Cheap: writes nothing itself. */
  note(keyId: string, now = Date.now()): void {
    const before = this.#noted.get(keyId);
    if ((before !== undefined && now - before < INTERVAL_MS) || this.#pending.size >= MOST_KEYS) return;
    this.#noted.set(keyId, now);
    this.#pending.set(keyId, now);
    this.#timer ??= setTimeout(() => void this.flush(), DELAY_MS).unref();
  }

  /** Writes what is pending; await it before the database is closed. Never throws: a use that cannot be written is logged and forgotten. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    // The same order in every process, so that their row locks cannot form a circle.
    const uses = [...this.#pending].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#pending.clear();
    const before = this.#writing;
    this.#writing = before.then(async () => this.#write(uses));
    await this.#writing;
  }

  async #write(uses: readonly (readonly [keyId: string, usedAt: number])[]): Promise<void> {
    try {
      for (let from = 0; from < uses.length; from += BATCH) {
        await inTransaction(this.database.em.fork(), async (tx) => {
          for (const [keyId, usedAt] of uses.slice(from, from + BATCH)) await writeRows(tx, upsert(keyId, usedAt));
        });
      }
    } catch (error) {
      this.log.warn({ err: error }, 'The last use of API keys could not be written.');
    }
  }
}

/** Changes nothing for a key that was deleted, or whose use another process has just written. */
function upsert(keyId: string, usedAt: number) {
  return sqlText`insert into api_key_use (key_id, last_used_at) select k.id, cast(${usedAt} as bigint) from api_key k where k.id = ${keyId}
    on conflict (key_id) do update set last_used_at = excluded.last_used_at where api_key_use.last_used_at <= excluded.last_used_at - cast(${INTERVAL_MS} as bigint)`;
}
