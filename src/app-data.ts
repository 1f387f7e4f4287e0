import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from './config/config.js';
import type { Database } from './platform/database/database.js';
import { checkSqliteFile, checkTemporaryFolder } from './platform/database/open/check-sqlite-file.js';
import { reachPostgres } from './platform/database/postgres/reach-postgres.js';
import { readRows } from './platform/database/read/read-rows.js';
import { sqlText } from './platform/database/sql-text.js';
import type { Need } from './platform/http/health.js';
import type { FileStore } from './platform/store/file-store.js';
import { lockDatabaseFile, lockFolder } from './platform/store/process-lock.js';

/** What /readyz asks for. Reads need no image store, as other processes may have it. */
export function needsOf({ run }: Config, { database, store }: { database: Database; store: FileStore }): Need[] {
  const answers = async (): Promise<unknown> => readRows(database.em.fork(), sqlText`select 1 as answer`);
  return [{ name: 'database', check: answers }, ...(run.worker ? [{ name: 'store', check: async () => store.reach(), checkedWith: 'database' }] : [])];
}

/** Makes sure that the database can be used. Returns whether its reads may be prepared. */
export async function reachDatabase({ database, preparedStatements }: Config, log: Logger): Promise<boolean> {
  if (database.kind === 'sqlite') return true;
  const { isPooled, isDirect } = await reachPostgres(database);
  if (!isDirect) log.warn('DATABASE_URL leads to a pooler: set DATABASE_DIRECT_URL to the database itself, or changes in other processes are seen late and subscriptions may miss them.');
  return preparedStatements === 'auto' ? !isPooled : preparedStatements === 'on';
}

/** Locks DATA_DIR, shared with other processes of a Postgres database, and the SQLite file, which must be fit for use. Returns what unlocks both. */
export async function lockData({ dataDir, database }: Config): Promise<() => void> {
  const unlockFolder = await lockFolder(dataDir, database.kind === 'postgres');
  if (database.kind !== 'sqlite') return unlockFolder;
  await checkTemporaryFolder(tmpdir());
  const isDefault = database.path === join(dataDir, 'gateway.sqlite');
  await checkSqliteFile({ path: database.path, dataDir, isDefault });
  const unlockFile = await lockDatabaseFile(database.path);
  return () => {
    unlockFile();
    unlockFolder();
  };
}
