import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/config.js';
import { ENTITIES } from '../../entities.js';
import { copiedTables } from '../../platform/database/copy/copied-tables.js';
import { type CopyProgress, copyDatabase, demandSameSchema, isEmptyDatabase, isOfAnother } from '../../platform/database/copy/copy-database.js';
import { connectedGateways } from '../../platform/database/copy/connected-gateways.js';
import { type Database, migrate, openDatabase } from '../../platform/database/database.js';
import { throughKysely } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { lstatOrNull, syncFolder } from '../../platform/store/safe-open.js';
import { Refused } from '../command-error.js';
import type { BackupManifest } from './backup-manifest.js';
import { copyHashed, readFileStream } from './hashed-copy.js';
import { removeSqlite } from './snapshot-database.js';

const SQLITE_ENDINGS = ['-wal', '-shm', '-journal'];
const NOT_EMPTY = 'has rows; accepted: an empty one, or --replace, which puts the backup in its place';

/** The database of the backup, ready beside the present one. */
export interface StagedDatabase {
  /** Puts it in the place of the present one, whole or not at all. */
  replace(): Promise<void>;
  discard(): Promise<void>;
}

/** Refuses a target that is in use, has rows that are not to be replaced, or belongs to another program. Changes nothing. */
export async function demandRestorable(config: Config, open: () => Promise<Database>, replaces: boolean): Promise<void> {
  const { database: target } = config;
  if (target.kind === 'sqlite' && (await lstatOrNull(target.path)) === null) return;
  if (target.kind === 'sqlite') await closeLog(target.path);
  if (target.kind === 'sqlite' && replaces) return;
  const database = await open();
  try {
    const em = database.em.fork();
    if (target.kind === 'postgres' && (await connectedGateways(database)) > 0) throw new Refused('A gateway is connected to this database; stop all processes of the gateway first.');
    if (await isOfAnother(em)) throw new Refused('The database has tables that are not of the gateway; accepted: one without tables, or one of the gateway.');
    const isMigrated = (await database.migrator.getExecuted()).length > 0;
    if (isMigrated && !replaces && !(await isEmptyDatabase(em, copiedTables(database)))) throw new Refused(`The database ${NOT_EMPTY}.`);
  } finally {
    await database.close(true);
  }
}

/** Copies the database of a backup beside the present one, verifies its hash, and brings it up to date. */
export async function stageDatabase(config: Config, backup: string, { database: backedUp }: BackupManifest, onRows: (progress: CopyProgress) => void): Promise<StagedDatabase> {
  const { database: target, dataDir } = config;
  const path = target.kind === 'sqlite' ? `${target.path}.restoring` : join(dataDir, 'restoring.sqlite');
  const discard = async (): Promise<void> => removeSqlite(path);
  await discard();
  const isRight = (sha256: string): boolean => sha256 === backedUp.sha256;
  const written = await copyHashed(readFileStream(join(backup, backedUp.name)), `${path}.unfinished`, ({ sha256 }) => (isRight(sha256) ? path : null), () => undefined);
  if (!isRight(written.sha256)) throw new Refused('The backup is damaged: its database has other bytes than its list says.');
  const file = await openDatabase({ kind: 'sqlite', path }, ENTITIES);
  try {
    await migrate(file);
  } finally {
    await file.close(true);
  }
  return { discard, replace: async () => (target.kind === 'sqlite' ? replaceSqlite(path, target.path) : replacePostgres(path, config, onRows)) };
}

async function replaceSqlite(staged: string, path: string): Promise<void> {
  await closeLog(path);
  for (const ending of SQLITE_ENDINGS) {
    if ((await lstatOrNull(`${path}${ending}`)) !== null) await rename(`${path}${ending}`, `${path}${ending}.replaced`);
  }
  await rename(staged, path);
  await syncFolder(dirname(path));
  for (const ending of SQLITE_ENDINGS) await rm(`${path}${ending}.replaced`, { force: true });
}

/**
 * Empties the write-ahead log of an SQLite file, which would be applied to the file that takes its place. Refused while another process
 * has the file open, as SQLite gives up the log only for one that is alone. A damaged file is left as it is.
 */
async function closeLog(path: string): Promise<void> {
  if ((await lstatOrNull(path)) === null) return;
  const database = await openDatabase({ kind: 'sqlite', path }, ENTITIES);
  try {
    await throughKysely(database.em.fork(), sqlText`pragma journal_mode = delete`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) throw new Refused('Another process has the database open; stop all processes of the gateway first.');
  } finally {
    await database.close(true);
  }
}

async function replacePostgres(staged: string, { database: target }: Config, onRows: (progress: CopyProgress) => void): Promise<void> {
  const [from, to] = [await openDatabase({ kind: 'sqlite', path: staged }, ENTITIES), await openDatabase(target, ENTITIES)];
  try {
    await migrate(to);
    await demandSameSchema(to, 'The present database');
    await copyDatabase(from, to, { replaces: true, onProgress: onRows });
  } finally {
    await Promise.all([from.close(true), to.close(true)]);
  }
  await removeSqlite(staged);
}
