import type { SqlMikroORM } from '@mikro-orm/sqlite';
import type { Tracing } from '../../tracing.js';
import { SEARCHED_TABLES } from '../search/trigrams.js';

/** `directUrl` leads past a pooler, to where a session keeps its state: LISTEN, locks, temporary tables. By default it is `url`. */
export type DatabaseTarget = { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string; directUrl?: string };
export type Database = SqlMikroORM;

export interface DatabaseOptions {
  tracing?: Tracing | null;
  /** To Postgres; SQLite has one that writes, and those of its readers. */
  connections?: number;
  /** How long a statement of a request may take. */
  statementTimeoutMs?: number;
  /** How long a request waits for a Postgres that does not answer. */
  answerMs?: number;
  /** False: no read is prepared under a name on Postgres. A pooler that gives each transaction another connection needs it. */
  prepares?: boolean;
}

/** Where each set of migrations lives, relative to the project, for the command that writes new ones. */
export const MIGRATION_FOLDERS = { sqlite: 'src/platform/database/migrations/sqlite', postgres: 'src/platform/database/migrations/postgres' };

export const MIGRATIONS = { tableName: 'migration', transactional: true, snapshot: true, snapshotName: '.snapshot', snapshotOnMigrate: false, silent: true, emit: 'ts' as const };

/** What migrations make that no entity describes: search indexes with their own tables, and the triggers that keep copies true. */
export const BY_HAND = { ignoreTriggers: true, ignoreRoutines: true, skipTables: [new RegExp(`^(${SEARCHED_TABLES.join('|')})_search(_|$)`)] };

/** Runs `end` before the database is closed. */
export function closeBefore(database: Database, end: () => Promise<void>): void {
  const close = database.close.bind(database);
  database.close = async (force) => {
    await end();
    await close(force);
  };
}
