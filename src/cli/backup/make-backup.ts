import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { secretFileIn } from '../../access/sign-in/signing-secret.js';
import type { Config } from '../../config/config.js';
import type { CopyProgress } from '../../platform/database/copy/copy-database.js';
import type { Database } from '../../platform/database/database.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { errorCode } from '../../platform/store/safe-open.js';
import { BackupFiles } from './backup-files.js';
import { type BackupManifest, FORMAT, newNames, readBackupManifest, writeBackupManifest } from './backup-manifest.js';
import { copyHashed, hashFile } from './hashed-copy.js';
import { type ImageRow, imageRows, imageKeys } from './image-rows.js';
import { removeSqlite, type Snapshot, snapshotDatabase } from './snapshot-database.js';

/** An image that was deleted between its snapshot and its copy leads to a new snapshot. */
const MOST_SNAPSHOTS = 5;

export interface BackupWork {
  config: Config;
  database: Database;
  store: FileStore;
  folder: string;
  version: string;
  onBytes(done: number, total: number): void;
  onRows(progress: CopyProgress): void;
}

export interface BackupResult {
  manifest: BackupManifest;
  /** Images that are OK in the database, and whose bytes the image store does not have. */
  missing: string[];
  /** Images whose bytes in the image store are not those of their row. */
  damaged: string[];
  /** Images that were deleted while the backup ran. */
  deleted: string[];
  /** Files that were placed by hand, and have a manifest that is too large to be read. */
  leftOut: string[];
  bytesCopied: number;
}

/**
 * Makes a folder the backup of this moment. First the bulk of the image files is copied, then one state of the database is written, then
 * what it has more: so a snapshot is seldom taken twice. The backup before stays whole until the list of this one is written.
 */
export async function makeBackup(work: BackupWork): Promise<BackupResult> {
  const { store, folder } = work;
  const before = await readBackupManifest(folder);
  const names = newNames();
  const progress = { done: 0, total: 0 };
  const files = new BackupFiles(folder, store, new Map(before?.images.map((image) => [image.uuid, image])), (bytes) => {
    progress.done += bytes;
    work.onBytes(progress.done, Math.max(progress.total, progress.done));
  });
  await files.makeFolder();
  const stored = await copyStored(work, files, progress);
  const { snapshot, deleted, missing, damaged } = await copySnapshot(work, files, join(folder, names.database));
  const rows = new Map(snapshot.images.map((row) => [row.uuid, row]));
  const images = files.list((uuid) => rows.get(uuid)?.sha256 === files.get(uuid)?.file.sha256 || (stored.withoutRow.has(uuid) && !rows.has(uuid)));
  await files.sync();
  const manifest: BackupManifest = {
    format: FORMAT, program: work.version, madeAt: new Date().toISOString(),
    migrations: snapshot.migrations,
    database: { name: names.database, ...(await hashFile(join(folder, names.database))) },
    secret: await copySecret(work, names.secret),
    rows: snapshot.rows,
    images,
  };
  await writeBackupManifest(folder, manifest);
  await files.removeOthers(images);
  await removeEarlier(folder, manifest);
  return { manifest, missing, damaged, deleted, leftOut: stored.leftOut, bytesCopied: progress.done };
}

/** Copies all files of images and all pairs that are there now. What fails here is looked at again with the snapshot. */
async function copyStored({ database, store }: BackupWork, files: BackupFiles, progress: { total: number }): Promise<{ withoutRow: Set<string>; leftOut: string[] }> {
  const pairs = await store.listPairs();
  const known = await imageKeys(database.em.fork());
  const rows: ImageRow[] = [];
  for await (const row of imageRows(database.em.fork())) rows.push(row);
  // The pair of an image without a file in its row is that of a task that goes on, and no part of any state yet.
  const withoutRow = new Set(pairs.filter((uuid) => !known.has(uuid)));
  for (const { size } of rows) progress.total += size;
  for (const uuid of withoutRow) progress.total += (await store.statFile({ uuid, attempt: null }))?.size ?? 0;
  for (const row of rows) await files.take({ uuid: row.uuid, attempt: row.attempt }, row);
  const leftOut: string[] = [];
  for (const uuid of withoutRow) if ((await files.take({ uuid, attempt: null }, null)) === 'left out') leftOut.push(uuid);
  return { withoutRow, leftOut };
}

async function copySnapshot({ database, onRows }: BackupWork, files: BackupFiles, path: string) {
  const deleted = new Set<string>();
  for (let turn = 1; ; turn += 1) {
    const snapshot: Snapshot = await snapshotDatabase(database, path, onRows);
    const [missing, damaged]: [string[], string[]] = [[], []];
    for (const row of snapshot.images) {
      const taken = await files.take({ uuid: row.uuid, attempt: row.attempt }, row);
      // An image that a task works on may be without its bytes for a moment.
      if (taken === 'gone' && row.status === 'OK') missing.push(row.uuid);
      if (taken === 'damaged') damaged.push(row.uuid);
    }
    const now = await imageKeys(database.em.fork());
    const gone = missing.filter((uuid) => !now.has(uuid));
    gone.forEach((uuid) => deleted.add(uuid));
    if (gone.length === 0 || turn === MOST_SNAPSHOTS) return { snapshot, missing, damaged, deleted: [...deleted] };
  }
}

async function copySecret({ config, folder }: BackupWork, name: string): Promise<BackupManifest['secret']> {
  const secret = await readFile(secretFileIn(config.dataDir)).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (secret === null) return null;
  const path = join(folder, name);
  return { name, ...(await copyHashed(Readable.from([secret]), `${path}.unfinished`, () => path, () => undefined)) };
}

/** Removes databases and secrets of earlier backups, and of those that were killed. */
async function removeEarlier(folder: string, { database, secret }: BackupManifest): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name === database.name || name === secret?.name) continue;
    if (/^database-[0-9a-f]{12}\.sqlite$/.test(name)) await removeSqlite(join(folder, name));
    else if (/^jwt-secret-[0-9a-f]{12}|^database-|\.unfinished$/.test(name)) await rm(join(folder, name), { force: true });
  }
}
