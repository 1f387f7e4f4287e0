import { dirname } from 'node:path';
import type { AnyEntity, EntityClass } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM as SqliteORM, type SqlEntityManager } from '@mikro-orm/sqlite';
import type { DatabaseConnection } from 'kysely';
import { sqliteMigrations } from './migrations/sqlite/index.js';
import { WalCheckpointer, PAGES_AT_MOST } from './wal-checkpointer.js';
import { queryOf } from './kysely-query.js';
import { giveReader, SqliteReaderConnection } from './read/reader-connection.js';
import { sqlInteger, sqlText } from './sql-text.js';
import { giveHeavyReads, HeavyReads, SQLITE_TURNS } from './read/heavy-reads.js';
import { ReaderPool } from './read/reader-pool.js';
import type { Reads } from './read/reads.js';
import { traceHeavy, traceReader, traceStatements, traceWriter } from './traced-statements.js';
import type { Tracing } from '../tracing.js';
import { BY_HAND, closeBefore, type Database, type DatabaseOptions, type DatabaseTarget, MIGRATION_FOLDERS, MIGRATIONS } from './open/orm-settings.js';
import { openPostgres, withDirectConnection } from './open/open-postgres.js';
import { hasSearchIndexes, prepareSearch } from './search/trigrams.js';
import { applyMigrations, type ToldWaits } from './schema/apply-migrations.js';
import { refuseNewerSchema } from './schema/schema-compatibility.js';
import { type ConnectionWrites, giveWriteVersions, WriteVersions } from './cache-invalidation.js';
import { giveWriter, type SqliteClient, SqliteWriterConnection } from './writer-connection.js';
import { makeFolder } from '../store/make-folder.js';

export type { Database, DatabaseTarget, SqlEntityManager };
export { MIGRATION_FOLDERS };

/** How long a statement waits for another process that holds the SQLite file, e.g. a backup. */
export const BUSY_TIMEOUT_MS = 5000;

async function prepareSqliteConnection(connection: DatabaseConnection): Promise<void> {
  const settings = [
    sqlText`pragma journal_mode = wal`,
    sqlText`pragma synchronous = normal`,
    sqlText`pragma foreign_keys = on`,
    sqlText`pragma busy_timeout = ${sqlInteger(BUSY_TIMEOUT_MS, { max: BUSY_TIMEOUT_MS })}`,
    sqlText`pragma wal_autocheckpoint = ${sqlInteger(PAGES_AT_MOST, { max: PAGES_AT_MOST })}`,
  ];
  for (const setting of settings) await connection.executeQuery(queryOf(setting, 'sqlite'));
}

/**
 * Opens the database without touching its tables: call `migrate` next. SQLite runs in WAL mode with foreign keys on; its
 * folder is created. Statements that fail name the statement, never the parameters.
 */
export async function openDatabase(target: DatabaseTarget, entities: EntityClass<AnyEntity>[], options: DatabaseOptions = {}): Promise<Database> {
  const all = { tracing: null, connections: 10, statementTimeoutMs: 30_000, answerMs: 10_000, prepares: true, ...options };
  return target.kind === 'sqlite' ? openSqlite(target.path, entities, all) : openPostgres(target, entities, all);
}

async function openSqlite(path: string, entities: EntityClass<AnyEntity>[], options: Required<DatabaseOptions>): Promise<Database> {
  const isFile = path !== ':memory:';
  if (isFile) await makeFolder(dirname(path));
  const checkpointer = isFile ? new WalCheckpointer({ path, busyTimeoutMs: BUSY_TIMEOUT_MS }) : null;
  const versions = new WriteVersions();
  const writes = versions.connection(() => checkpointer?.ran());
  const database = await SqliteORM.init({
    dbName: path,
    entities,
    extensions: [Migrator],
    schemaGenerator: BY_HAND,
    onCreateConnection: async (connection) => {
      await prepareSqliteConnection(connection as DatabaseConnection);
      versions.follow(connection as DatabaseConnection, writes);
      if (options.tracing !== null) traceStatements(connection as DatabaseConnection, options.tracing);
    },
    migrations: { ...MIGRATIONS, path: MIGRATION_FOLDERS.sqlite, migrationsList: sqliteMigrations },
  });
  giveWriteVersions(database.driver, versions);
  addWriter(database, writes, options.tracing);
  if (isFile) addSqliteReaders(database, path, options);
  closeBefore(database, async () => checkpointer?.close());
  return database;
}

/** Statements given as text run on the driver's own connection, which MikroORM opens with its first statement. */
function addWriter(database: Database, writes: ConnectionWrites, tracing: Tracing | null): void {
  const connection = database.em.getConnection('write') as unknown as { getNativeClient(): Promise<SqliteClient> };
  const writer = new SqliteWriterConnection(async () => connection.getNativeClient(), writes);
  if (tracing !== null) traceWriter(writer, tracing);
  giveWriter(database.driver, writer);
}

/** Reads outside of transactions run on read-only connections, which are closed with the database. */
function addSqliteReaders(database: Database, path: string, { tracing, statementTimeoutMs }: Required<DatabaseOptions>): void {
  const reader = new SqliteReaderConnection(path, BUSY_TIMEOUT_MS);
  const heavy = new HeavyReads(new ReaderPool({ path, busyTimeoutMs: BUSY_TIMEOUT_MS }), SQLITE_TURNS, statementTimeoutMs);
  if (tracing !== null) {
    traceReader(reader, tracing);
    traceHeavy(heavy, tracing);
  }
  giveReader(database.driver, reader);
  giveHeavyReads(database.driver, heavy);
  closeBefore(database, async () => {
    reader.close();
    await heavy.close();
  });
}

/**
 * Applies what is missing; names of the migrations applied, oldest first. Throws NewerSchema, and changes nothing, when the database needs a
 * newer program. Search works without its index on a Postgres that
 * forbids the extension: `missingSearchIndex` tells.
 */
export async function migrate(database: Database, told: ToldWaits = () => undefined): Promise<string[]> {
  await refuseNewerSchema(database);
  const pending = await database.migrator.getPending();
  const applied = pending.length === 0 ? [] : await applyMigrations(database, told);
  await missingSearchIndex(database);
  return applied;
}

/** Null when searches have their index; else why not, in words for an operator. Tries to make it first. */
export async function missingSearchIndex(database: Database): Promise<string | null> {
  if (isSqlite(database.em) || (await hasSearchIndexes(database))) return null;
  return withDirectConnection(database, prepareSearch);
}

/** True on SQLite, where lists travel as one JSON parameter and booleans are 0 and 1. */
export function isSqlite(em: Reads): boolean {
  return em.getDriver().constructor.name === 'SqliteDriver';
}
