import type { Stats } from 'node:fs';
import { lstat, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartRefusal } from '../../start-refusal.js';

/** The check reads some 400 MiB a second; a start must not take longer for it. */
const LARGEST_CHECKED_BYTES = 512 * 1024 ** 2;
/** Enough to fill a last block; SQLite sorts what is larger than its memory in files of this folder. */
const PROBE = Buffer.alloc(64 * 1024);

/** The SQLite file of the settings. */
export interface SqliteFile {
  path: string;
  dataDir: string;
  /** The file of DATA_DIR that is used without DATABASE_URL. */
  isDefault: boolean;
}

/**
 * Refuses a start on an SQLite file that is missing, has a second name, or is damaged. Only the default file of a DATA_DIR that has
 * nothing of a gateway in it may be missing: anywhere else, a typing error would make an empty catalogue with a new admin.
 */
export async function checkSqliteFile(file: SqliteFile): Promise<void> {
  const stats = await stat(file.path).catch(() => null);
  if (stats === null) return requireFresh(file);
  if (!stats.isFile()) throw new StartRefusal(`DATABASE_URL=sqlite:${file.path}: this is a folder or a device, and no file; name a file in it.`);
  if (stats.nlink > 1) throw new StartRefusal(`DATABASE_URL=sqlite:${file.path}: the file has ${stats.nlink} names (hard links), and SQLite would write a log beside each: copy the file, or remove the other names.`);
  requireIntact(file.path, stats);
}

async function requireFresh({ path, dataDir, isDefault }: SqliteFile): Promise<void> {
  const howTo = 'a new one is made there by "image-gateway migrate"';
  const isLink = await lstat(path).then(() => true, () => false);
  if (!isDefault || isLink) throw new StartRefusal(`DATABASE_URL=sqlite:${path}: ${isLink ? 'this link leads to a file that' : 'the file'} is not there; correct the path, or restore the file (${howTo}).`);
  const found = await tracesOf(dataDir);
  if (found === null) return;
  throw new StartRefusal(`DATA_DIR=${dataDir}: it has ${found} of a gateway and no gateway.sqlite; set DATABASE_URL if the database is elsewhere, or restore the file (${howTo}).`);
}

/** What an earlier start has left in the folder. */
async function tracesOf(dataDir: string): Promise<string | null> {
  if (await stat(join(dataDir, 'jwt-secret')).catch(() => null)) return 'the secret';
  const images = await readdir(join(dataDir, 'images')).catch(() => []);
  return images.length > 0 ? 'images' : null;
}

/** SQLite notices damage only when it reads the page, which may be days after the start. */
function requireIntact(path: string, { size }: Stats): void {
  if (size === 0 || size > LARGEST_CHECKED_BYTES) return;
  const database = new DatabaseSync(path);
  try {
    const [row] = database.prepare('pragma quick_check(1)').all();
    if (row?.['quick_check'] === 'ok') return;
  } catch (error) {
    // A file that cannot be opened or locked is explained where it is opened for work.
    if (!isDamage(error)) return;
  } finally {
    database.close();
  }
  throw new StartRefusal(`DATABASE_URL=sqlite:${path}: the file is no SQLite file, or is damaged; restore it from a backup.`);
}

function isDamage(error: unknown): boolean {
  const SQLITE_CORRUPT = 11;
  const SQLITE_NOTADB = 26;
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** Refuses a start whose temporary folder is full: migrations and sorted lists would fail in the middle, naming the database. */
export async function checkTemporaryFolder(folder: string): Promise<void> {
  const probe = join(folder, `image-gateway-probe-${process.pid}`);
  try {
    await writeFile(probe, PROBE, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // SQLite uses another folder where it may not write to this one.
    if (code !== 'ENOSPC' && code !== 'EDQUOT') return;
    throw new StartRefusal(`TMPDIR=${folder}: the temporary folder is on a disk that is full; make room, or name another folder.`, { cause: error });
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}
