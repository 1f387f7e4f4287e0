import { ENTITIES } from '../../src/entities.js';
import { type Database, type DatabaseTarget, openDatabase } from '../../src/platform/database/database.js';
import { createMigratedDatabase, createTestDatabase, type TestDatabase } from './postgres.js';
import { copyMigratedSqlite, sqlitePathIn } from './sqlite.js';
import { temporaryFolder } from './temp-folder.js';

/** Which database this run of the suite is about: the project of vitest.config.ts that the file runs in says so. */
export const DATABASE = process.env.TEST_DATABASE === 'postgres' ? 'postgres' : 'sqlite';

export interface TestedDatabase extends AsyncDisposable {
  database: Database;
  target: DatabaseTarget;
  /** Closes it and removes it; doing it twice is fine. */
  close: () => Promise<void>;
}

interface OwnTarget {
  target: DatabaseTarget;
  remove: () => Promise<void>;
}

function postgresTarget({ url, drop }: TestDatabase): OwnTarget {
  return { target: { kind: 'postgres', url }, remove: drop };
}

async function sqliteTarget(): Promise<OwnTarget & { folder: string }> {
  const { path: folder, remove } = await temporaryFolder();
  return { target: { kind: 'sqlite', path: sqlitePathIn(folder) }, remove, folder };
}

async function open({ target, remove }: OwnTarget): Promise<TestedDatabase> {
  const database = await openDatabase(target, ENTITIES);
  const close = async (): Promise<void> => {
    await database.close(true);
    await remove();
  };
  return { database, target, close, [Symbol.asyncDispose]: close };
}

/** An empty database of its own, opened in this process and without any table. */
export async function openEmptyDatabase(): Promise<TestedDatabase> {
  return open(DATABASE === 'postgres' ? postgresTarget(await createTestDatabase()) : await sqliteTarget());
}

/** The same with the tables of the gateway. */
export async function openMigratedDatabase(): Promise<TestedDatabase> {
  if (DATABASE === 'postgres') return open(postgresTarget(await createMigratedDatabase()));
  const { folder, ...own } = await sqliteTarget();
  await copyMigratedSqlite(folder);
  return open(own);
}
