import { boundMessage } from '../../message-text.js';
import { type Database, isSqlite, type SqlEntityManager } from '../database.js';
import { postgresMigrations } from '../migrations/postgres/index.js';
import { sqliteMigrations } from '../migrations/sqlite/index.js';
import { inTransaction } from '../in-transaction.js';
import { WITHOUT_TIMEOUTS } from '../open/bound-transactions.js';
import { throughKysely } from '../read/read-rows.js';
import { sqlName, sqlText } from '../sql-text.js';
import { type CopiedTable, copiedTables, filledTables, presentTables } from './copied-tables.js';
import { continueIds, lastId, lockTables, replaceRows } from './copy-target.js';
import { AS_PARAMETER, insertPage, TableDigest, tablePages } from './table-pages.js';

/** A table after the copy: the same count and hash on both sides. */
export interface TableCopy {
  table: string;
  rows: number;
  hash: string;
}

export interface CopyProgress {
  table: string;
  rowsDone: number;
  rowsTotal: number;
}

/** Why a copy is refused, or failed and changed nothing: a sentence for an operator. */
export class CopyRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CopyRefused';
  }
}

/** Names of the migrations that this program knows. */
export function knownMigrations(kind: 'sqlite' | 'postgres'): string[] {
  return (kind === 'sqlite' ? sqliteMigrations : postgresMigrations).map((Known) => new Known(...([] as unknown as ConstructorParameters<typeof Known>)).name);
}

/** Names of migrations that the database lacks, and of those that it has and this program does not know. */
async function migrationDifference(database: Database): Promise<{ missing: string[]; unknown: string[] }> {
  const executed = (await database.migrator.getExecuted()).map(({ name }) => name);
  const known = knownMigrations(isSqlite(database.em) ? 'sqlite' : 'postgres');
  return { missing: known.filter((name) => !executed.includes(name)), unknown: executed.filter((name) => !known.includes(name)) };
}

/** Refuses a database that this program does not know table by table. `what` begins the sentence. */
export async function demandSameSchema(database: Database, what: string): Promise<void> {
  const { missing, unknown } = await migrationDifference(database);
  if (unknown.length > 0) throw new CopyRefused(`${what} was migrated by a newer image-gateway (${unknown.join(', ').slice(0, 200)}); use that version.`);
  if (missing.length > 0) throw new CopyRefused(`${what} lacks migrations of this version (${missing.join(', ').slice(0, 200)}); run "image-gateway migrate" on it first.`);
}

/** Whether there are no rows but those of migrations. */
export async function isEmptyDatabase(em: SqlEntityManager, tables: readonly CopiedTable[]): Promise<boolean> {
  for (const { name } of filledTables(tables)) {
    const { rows } = await throughKysely(em, sqlText`select 1 as found from ${sqlName(name)} limit 1`);
    if (rows.length > 0) return false;
  }
  return true;
}

/** Whether there is a table that no migration of ours made, and none that one did. */
export async function isOfAnother(em: SqlEntityManager): Promise<boolean> {
  const present = await presentTables(em);
  return present.length > 0 && !present.includes('migration');
}

/**
 * Copies every row of every table, and where the ids go on, into a database with the same tables. It reads one state, while others may
 * write, and it writes in one transaction: whatever fails leaves the target as it was. Throws CopyRefused when the target is not
 * empty, unless its rows are to be replaced, and when what was written does not hash as what was read.
 */
export async function copyDatabase(from: Database, to: Database, { replaces = false, onProgress = () => undefined }: CopyOptions = {}): Promise<TableCopy[]> {
  const tables = copiedTables(from);
  return inTransaction(from.em.fork(), async (source) => {
    if (!isSqlite(source)) {
      await throughKysely(source, sqlText`set transaction isolation level repeatable read, read only`);
      await throughKysely(source, WITHOUT_TIMEOUTS);
    }
    return inTransaction(to.em.fork(), async (target) => {
      await lockTables(target, tables);
      if (!replaces && !(await isEmptyDatabase(target, tables))) throw new CopyRefused('The target has rows; accepted: a database without tables, or with those of this version and no rows.');
      const copies: TableCopy[] = [];
      await replaceRows(target, tables, async () => {
        for (const table of tables) copies.push(await copyTable(source, target, table, onProgress).catch((error: unknown) => Promise.reject(copyFault(table, error))));
      });
      // Without statistics, Postgres would read whole tables until its own upkeep comes by.
      if (!isSqlite(target)) for (const { name } of tables) await throughKysely(target, sqlText`analyze ${sqlName(name)}`);
      return copies;
    });
  });
}

/** Not the error of the driver itself: a transaction that fails by a conflict is run again, and this one would fail again. */
function copyFault({ name }: CopiedTable, error: unknown): CopyRefused {
  if (error instanceof CopyRefused) return error;
  return new CopyRefused(`The table ${name} could not be copied: ${boundMessage(error instanceof Error ? error.message : String(error))} Nothing was changed.`);
}

interface CopyOptions {
  replaces?: boolean;
  onProgress?: (progress: CopyProgress) => void;
}

async function copyTable(source: SqlEntityManager, target: SqlEntityManager, table: CopiedTable, onProgress: (progress: CopyProgress) => void): Promise<TableCopy> {
  const rowsTotal = await countRows(source, table);
  const asParameter = AS_PARAMETER[isSqlite(target) ? 'sqlite' : 'postgres'];
  const read = new TableDigest();
  for await (const page of tablePages(source, table)) {
    read.add(page);
    await insertPage(target, table, page, asParameter);
    onProgress({ table: table.name, rowsDone: read.rows, rowsTotal });
  }
  const written = await digestTable(target, table);
  if (read.rows !== rowsTotal || written.rows !== read.rows || written.hash !== read.hash) {
    throw new CopyRefused(`The table ${table.name} differs after the copy: ${rowsTotal} rows counted, ${read.rows} read with hash ${read.hash}, ${written.rows} written with hash ${written.hash}. Nothing was changed.`);
  }
  if (table.numbered !== null) await continueIds(target, table.name, table.numbered, Math.max(await lastId(source, table.name, table.numbered), await largestId(source, table)));
  return { table: table.name, rows: read.rows, hash: read.hash };
}

async function digestTable(em: SqlEntityManager, table: CopiedTable): Promise<TableDigest> {
  const digest = new TableDigest();
  for await (const page of tablePages(em, table)) digest.add(page);
  return digest;
}

async function countRows(em: SqlEntityManager, { name }: CopiedTable): Promise<number> {
  return numberOf(await throughKysely(em, sqlText`select count(*) as value from ${sqlName(name)}`));
}

async function largestId(em: SqlEntityManager, { name, numbered }: CopiedTable): Promise<number> {
  return numbered === null ? 0 : numberOf(await throughKysely(em, sqlText`select max(${sqlName(numbered)}) as value from ${sqlName(name)}`));
}

function numberOf({ rows: [row] }: { rows: object[] }): number {
  return Number((row as { value: number | string | null } | undefined)?.value ?? 0);
}
