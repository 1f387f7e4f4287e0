import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { AnyEntity, EntityClass } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM as PostgresORM } from '@mikro-orm/postgresql';
import { MikroORM as SqliteORM, type SqlEntityManager, type SqlMikroORM } from '@mikro-orm/sqlite';
import type { DatabaseConnection } from 'kysely';
import type { Pool } from 'pg';
import { postgresMigrations } from './migrations/postgres/index.js';
import { sqliteMigrations } from './migrations/sqlite/index.js';
import { WalCheckpointer, PAGES_AT_MOST } from './wal-checkpointer.js';
import { queryOf } from './kysely-query.js';
import { givePostgresReader, PostgresReader } from './read/postgres-reader.js';
import { giveReader, SqliteReaderConnection } from './read/reader-connection.js';
import { sqlInteger, sqlText } from './sql-text.js';
import { giveHeavyReads, HeavyReads, postgresTurns, SQLITE_TURNS } from './read/heavy-reads.js';
import { ReaderPool } from './read/reader-pool.js';
import type { Reads } from './read/reads.js';
import { giveStatementTimeout } from './read/statement-timeout.js';
import { TimedPostgresReader } from './read/timed-postgres-reader.js';
import { traceHeavy, tracePostgres, traceReader, traceStatements, traceWriter } from './traced-statements.js';
import type { Tracing } from '../tracing.js';
import { describeSearchIndex, prepareSearch } from './search/trigrams.js';
import { type ConnectionWrites, giveWriteVersions, WriteVersions } from './cache-invalidation.js';
import { giveWriter, type SqliteClient, SqliteWriterConnection } from './writer-connection.js';
import { makeFolder } from '../store/make-folder.js';

export type DatabaseTarget = { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string };
export type Database = SqlMikroORM;
export type { SqlEntityManager };

/** How long a statement waits for another process that holds the SQLite file, e.g. a backup. */
export const BUSY_TIMEOUT_MS = 5000;

/** How often a close looks whether somebody still waits for a connection. */
const POLL_MS = 10;

/** Where each set of migrations lives, relative to the project, for the command that writes new ones. */
export const MIGRATION_FOLDERS = { sqlite: 'src/platform/database/migrations/sqlite', postgres: 'src/platform/database/migrations/postgres' };

/** What migrations make that no entity describes: search indexes with their own tables, and the triggers that keep copies true. */
const BY_HAND = { ignoreTriggers: true, ignoreRoutines: true, skipTables: [/^(image|repository_image)_search(_|$)/] };

export interface DatabaseOptions {
  tracing?: Tracing | null;
  /** To Postgres; SQLite has one that writes, and those of its readers. */
  connections?: number;
  /** How long a statement of a request may take. */
  statementTimeoutMs?: number;
}

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
  const all = { tracing: null, connections: 10, statementTimeoutMs: 30_000, ...options };
  return target.kind === 'sqlite' ? openSqlite(target.path, entities, all) : openPostgres(target.url, entities, all);
}

const MIGRATIONS = { tableName: 'migration', transactional: true, snapshot: true, snapshotName: '.snapshot', snapshotOnMigrate: false, silent: true, emit: 'ts' as const };

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

async function openPostgres(url: string, entities: EntityClass<AnyEntity>[], options: Required<DatabaseOptions>): Promise<Database> {
  const versions = new WriteVersions();
  let pool: Pool | null = null;
  const database = await PostgresORM.init({
    clientUrl: url,
    entities,
    extensions: [Migrator],
    ensureDatabase: false,
    pool: { max: options.connections },
    driverOptions: { onPoolCreated: (created: Pool) => void (pool = created) },
    schemaGenerator: BY_HAND,
    discovery: { onMetadata: describeSearchIndex },
    onCreateConnection: async (connection) => {
      versions.follow(connection as DatabaseConnection);
      if (options.tracing !== null) traceStatements(connection as DatabaseConnection, options.tracing);
    },
    migrations: { ...MIGRATIONS, path: MIGRATION_FOLDERS.postgres, migrationsList: postgresMigrations },
  });
  giveWriteVersions(database.driver, versions);
  giveStatementTimeout(database.driver, options.statementTimeoutMs);
  addPostgresReaders(database, options);
  closeBefore(database, async () => {
    if (pool !== null) await endPool(pool);
  });
  return database;
}

/** Reads outside of transactions need nothing of MikroORM but its pool. */
function addPostgresReaders(database: Database, { tracing, connections, statementTimeoutMs }: Required<DatabaseOptions>): void {
  const connection = database.em.getConnection() as unknown as { getNativeClient(): Promise<Pool> };
  const pool = async (): Promise<Pool> => connection.getNativeClient();
  const reader = new PostgresReader(pool, statementTimeoutMs);
  const heavy = new HeavyReads(new TimedPostgresReader(pool), postgresTurns(connections), statementTimeoutMs);
  if (tracing !== null) {
    tracePostgres(reader, tracing);
    traceHeavy(heavy, tracing);
  }
  givePostgresReader(database.driver, reader);
  giveHeavyReads(database.driver, heavy);
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
 * Ends a pool so that all who use it, or wait for a connection, finish first. Kysely drops its pool before it ends it, and would never
 * give back a connection that is being opened at that moment; pg-pool forgets those who wait when it ends. Either kept `close` waiting for ever.
 */
async function endPool(pool: Pool): Promise<void> {
  while (pool.waitingCount > 0) await wait(POLL_MS);
  const ended = pool.end();
  // Kysely ends it once more, which pg-pool refuses.
  pool.end = async () => ended;
  await ended;
}

/** Runs `end` before the database is closed. */
function closeBefore(database: Database, end: () => Promise<void>): void {
  const close = database.close.bind(database);
  database.close = async (force) => {
    await end();
    await close(force);
  };
}

/**
 * Applies what is missing; names of the migrations applied, oldest first. Search works without its index on a Postgres that
 * forbids the extension: `missingSearchIndex` tells.
 */
export async function migrate(database: Database): Promise<string[]> {
  const applied = await database.migrator.up();
  await missingSearchIndex(database);
  return applied.map((migration) => migration.name);
}

/** Null when searches have their index; else why not, in words for an operator. Tries to make it first. */
export async function missingSearchIndex(database: Database): Promise<string | null> {
  return isSqlite(database.em) ? null : prepareSearch(database);
}

/** True on SQLite, where lists travel as one JSON parameter and booleans are 0 and 1. */
export function isSqlite(em: Reads): boolean {
  return em.getDriver().constructor.name === 'SqliteDriver';
}
