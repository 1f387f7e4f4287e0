import { setTimeout as wait } from 'node:timers/promises';
import type { AnyEntity, EntityClass } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM as PostgresORM } from '@mikro-orm/postgresql';
import type { DatabaseConnection } from 'kysely';
import type { Pool } from 'pg';
import { giveWriteVersions, WriteVersions } from '../cache-invalidation.js';
import { postgresMigrations } from '../migrations/postgres/index.js';
import { BY_HAND, closeBefore, type Database, type DatabaseOptions, type DatabaseTarget, MIGRATION_FOLDERS, MIGRATIONS } from './orm-settings.js';
import { giveHeavyReads, HeavyReads, postgresTurns } from '../read/heavy-reads.js';
import { givePostgresReader, PostgresReader } from '../read/postgres-reader.js';
import { giveStatementTimeout } from '../read/statement-timeout.js';
import { TimedPostgresReader } from '../read/timed-postgres-reader.js';
import { describeSearchIndex } from '../search/trigrams.js';
import { traceHeavy, tracePostgres, traceStatements } from '../traced-statements.js';
import { boundMigrations, boundTransactions } from './bound-transactions.js';
import { nameConnectFaults, type PoolLimits, postgresPoolOptions } from '../postgres/postgres-connections.js';
import { withinTime } from '../../scheduling/within-time.js';
import { parsePostgresUrl } from '../postgres/postgres-url.js';

/** How often a close looks whether somebody still waits for a connection. */
const POLL_MS = 10;
/** How long the end of a direct connection may take. */
const LONGEST_CLOSE_MS = 1000;

type PostgresTarget = Extract<DatabaseTarget, { kind: 'postgres' }>;
type Entities = EntityClass<AnyEntity>[];

/** Opens a second connection to the same database, by driver. */
const directly = new WeakMap<object, () => Promise<Database>>();

/** Opens a Postgres with the pool of requests and tasks, whose statements all end within the statement timeout. */
export async function openPostgres(target: PostgresTarget, entities: Entities, options: Required<DatabaseOptions>): Promise<Database> {
  const versions = new WriteVersions();
  const { connections: max, statementTimeoutMs, answerMs, tracing } = options;
  const { database, pool } = await initialize(target.url, entities, { max, statementTimeoutMs, answerMs }, (connection) => {
    versions.follow(connection);
    boundTransactions(connection, statementTimeoutMs);
    if (tracing !== null) traceStatements(connection, tracing);
  });
  giveWriteVersions(database.driver, versions);
  giveStatementTimeout(database.driver, statementTimeoutMs);
  directly.set(database.driver, async () => {
    const direct = await initialize(target.directUrl ?? target.url, entities, { max: 1, statementTimeoutMs: null, answerMs }, boundMigrations);
    return direct.database;
  });
  addReaders(database, options);
  closeBefore(database, async () => endPool(pool()));
  return database;
}

/** Runs `work` on a direct connection, without a statement timeout; on SQLite, on the database itself. */
export async function withDirectConnection<T>(database: Database, work: (direct: Database) => Promise<T>): Promise<T> {
  const open = directly.get(database.driver);
  if (open === undefined) return work(database);
  const direct = await open();
  try {
    return await work(direct);
  } finally {
    // A transaction whose connection broke is never given back to the pool, which would wait for it.
    await withinTime(LONGEST_CLOSE_MS, direct.close(true), () => undefined);
  }
}

async function initialize(url: string, entities: Entities, limits: PoolLimits, created: (connection: DatabaseConnection) => void): Promise<{ database: Database; pool: () => Pool | null }> {
  let pool: Pool | null = null;
  const options = postgresPoolOptions(url, limits);
  const onPoolCreated = (made: Pool): void => {
    nameConnectFaults(made);
    pool = made;
  };
  const database = await PostgresORM.init({
    // The options below say where to; the ORM itself asks for the name.
    dbName: parsePostgresUrl(url).database,
    entities,
    extensions: [Migrator],
    ensureDatabase: false,
    // A function, as the ORM copies an object, and with it the keys.
    driverOptions: () => ({ ...options, onPoolCreated }),
    schemaGenerator: BY_HAND,
    discovery: { onMetadata: describeSearchIndex },
    onCreateConnection: async (connection) => created(connection as DatabaseConnection),
    migrations: { ...MIGRATIONS, path: MIGRATION_FOLDERS.postgres, migrationsList: postgresMigrations },
  });
  return { database, pool: () => pool };
}

/** Reads outside of transactions need nothing of MikroORM but its pool. */
function addReaders(database: Database, { tracing, connections, statementTimeoutMs, answerMs, prepares }: Required<DatabaseOptions>): void {
  const connection = database.em.getConnection() as unknown as { getNativeClient(): Promise<Pool> };
  const pool = async (): Promise<Pool> => connection.getNativeClient();
  const reader = new PostgresReader(pool, { statementMs: statementTimeoutMs, answerMs }, prepares);
  const heavy = new HeavyReads(new TimedPostgresReader(pool), postgresTurns(connections), statementTimeoutMs);
  if (tracing !== null) {
    tracePostgres(reader, tracing);
    traceHeavy(heavy, tracing);
  }
  givePostgresReader(database.driver, reader);
  giveHeavyReads(database.driver, heavy);
}

/**
 * Ends a pool so that all who use it, or wait for a connection, finish first. Kysely drops its pool before it ends it, and would never
 * give back a connection that is being opened at that moment; pg-pool forgets those who wait when it ends. Either kept `close` waiting for ever.
 */
async function endPool(pool: Pool | null): Promise<void> {
  if (pool === null) return;
  while (pool.waitingCount > 0) await wait(POLL_MS);
  const ended = pool.end();
  // Kysely ends it once more, which pg-pool refuses.
  pool.end = async () => ended;
  await ended;
}
