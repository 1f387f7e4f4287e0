import { chmod, rm } from 'node:fs/promises';
import { ENTITIES } from '../../entities.js';
import { copiedTables, presentTables } from '../../platform/database/copy/copied-tables.js';
import { copyDatabase, type CopyProgress, demandSameSchema } from '../../platform/database/copy/copy-database.js';
import { type Database, isSqlite, migrate, openDatabase } from '../../platform/database/database.js';
import { readRows, throughKysely } from '../../platform/database/read/read-rows.js';
import { sqlName, sqlText } from '../../platform/database/sql-text.js';
import type { TableRows } from './backup-manifest.js';
import { type ImageRow, imageRows } from './image-rows.js';

/** One state of a database as an SQLite file, and what the rest of a backup needs to know of it. */
export interface Snapshot {
  migrations: string[];
  rows: TableRows[];
  images: ImageRow[];
}

/** Writes one state of a database, which may be in use, into a new SQLite file. */
export async function snapshotDatabase(database: Database, path: string, onProgress: (progress: CopyProgress) => void): Promise<Snapshot> {
  await removeSqlite(path);
  if (isSqlite(database.em)) await throughKysely(database.em.fork(), sqlText`vacuum into ${path}`);
  else await demandSameSchema(database, 'The database');
  const file = await openDatabase({ kind: 'sqlite', path }, ENTITIES);
  try {
    await chmod(path, 0o600).catch(() => undefined);
    if (!isSqlite(database.em)) {
      await migrate(file);
      await copyDatabase(database, file, { onProgress });
    }
    return await describeSnapshot(file);
  } finally {
    await file.close(true);
    await chmod(path, 0o600);
  }
}

async function describeSnapshot(file: Database): Promise<Snapshot> {
  const em = file.em.fork();
  const present = new Set(await presentTables(em));
  const rows: TableRows[] = [];
  for (const { name } of copiedTables(file).filter((table) => present.has(table.name))) {
    const [row] = await readRows<[count: number]>(em, sqlText`select count(*) as count from ${sqlName(name)}`);
    rows.push({ table: name, rows: Number(row?.[0] ?? 0) });
  }
  const migrations = (await file.migrator.getExecuted()).map(({ name }) => name);
  const images: ImageRow[] = [];
  for await (const row of imageRows(em)) images.push(row);
  return { migrations, rows, images };
}

/** Removes an SQLite file and those that lie beside it while it is open. */
export async function removeSqlite(path: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm', '-journal']) await rm(`${path}${ending}`, { force: true });
}
