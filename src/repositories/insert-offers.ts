import type { SqliteConnection } from '@mikro-orm/sqlite';
import { sql } from 'kysely';
import { isSqlite, type SqlEntityManager, statements } from '../platform/database.js';
import type { OfferColumns } from './offer.js';

const TEXTS = [
  'uuid', 'name', 'version', 'type', 'os_type', 'description', 'homepage', 'state', 'origin', 'problem', 'content_hash', 'search_text', 'manifest',
] as const satisfies readonly (keyof OfferColumns)[];
const NUMBERS = ['size_mib', 'download_size', 'published_at', 'published_sort'] as const satisfies readonly (keyof OfferColumns)[];
const COLUMNS = [...TEXTS, ...NUMBERS];
const INTO = `insert into repository_image (repository_id, from_generation, to_generation, ${COLUMNS.join(', ')})`;

/** Rows of one statement on SQLite, the largest that fits first: the search index writes once for each statement. */
const ROWS_AT_ONCE = [512, 256, 128, 64, 32, 16, 8, 4, 2, 1];

/** How many pieces of the search index may lie side by side: with 4, as is usual, deleting takes a fifth longer. */
const FEWER_MERGES = "insert into repository_image_search (repository_image_search, rank) values ('automerge', 8)";

/** Whose rows they are, and from which generation to which they are seen. */
export interface OfferRange {
  repositoryId: number;
  from: number;
  to: number;
}

/** Inserts rows in the transaction of an EntityManager. One for each load: it keeps what the driver has prepared. */
export class OfferInserter {
  readonly #prepared = new Map<number, { run(values: readonly unknown[]): unknown }>();

  constructor(private readonly range: OfferRange) {}

  async insert(tx: SqlEntityManager, rows: readonly OfferColumns[]): Promise<void> {
    if (isSqlite(tx)) await this.#insertPrepared(tx, rows);
    else await this.#insertAsList(tx, rows);
  }

  /** SQLite has one connection, so the driver is in the transaction too. */
  async #insertPrepared(tx: SqlEntityManager, rows: readonly OfferColumns[]): Promise<void> {
    const client = await (tx.getConnection() as unknown as SqliteConnection).getNativeClient();
    const { repositoryId, from, to } = this.range;
    if (this.#prepared.size === 0) client.exec(FEWER_MERGES);
    for (let at = 0; at < rows.length; ) {
      const size = ROWS_AT_ONCE.find((one) => one <= rows.length - at) ?? 1;
      const statement = this.#prepared.get(size) ?? client.prepare(`${INTO} values ${rowsOfMarks(size)}`);
      this.#prepared.set(size, statement);
      const values: unknown[] = [];
      for (const row of rows.slice(at, at + size)) {
        values.push(repositoryId, from, to);
        for (const column of COLUMNS) values.push(row[column]);
      }
      statement.run(values);
      at += size;
    }
  }

  /** All of them in one parameter: nothing is built or parsed for each row. */
  async #insertAsList(tx: SqlEntityManager, rows: readonly OfferColumns[]): Promise<void> {
    const list = JSON.stringify(rows.map((row) => COLUMNS.map((column) => row[column])));
    const { repositoryId, from, to } = this.range;
    const values = COLUMNS.map((_column, at) => sql.raw(at < TEXTS.length ? `x.value ->> ${at}` : `(x.value ->> ${at})::bigint`));
    await sql`${sql.raw(INTO)} select ${repositoryId}::int, ${from}::int, ${to}::int, ${sql.join(values)}
      from json_array_elements(${list}::json) x`.execute(statements(tx));
  }
}

function rowsOfMarks(size: number): string {
  const row = `(${Array.from({ length: COLUMNS.length + 3 }, () => '?').join(', ')})`;
  return Array.from({ length: size }, () => row).join(', ');
}
