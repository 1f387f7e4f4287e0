import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { lstatOrNull } from './safe-open.js';

/** Rights of the group and of everybody. */
const OTHERS = 0o077;
/** Files that SQLite keeps beside a database, and our lock. */
const BESIDE_DATABASE = ['', '-wal', '-shm', '-lock'];

export interface DataFiles {
  dataDir: string;
  /** Null with Postgres. */
  databasePath: string | null;
}

/**
 * Takes the rights of other users from the files of ours in DATA_DIR, which an older version, a backup or a copy may have given them:
 * they have hashes of keys, and the secret that signs tokens. Leaves the folder itself, which may be shared, a database elsewhere, and
 * the image store to the operator, and warns of such a database.
 */
export async function protectDataFiles({ dataDir, databasePath }: DataFiles, log: Logger): Promise<void> {
  const ours = ['lock.sqlite', 'jwt-secret', ...BESIDE_DATABASE.map((end) => `gateway.sqlite${end}`)].map((name) => join(dataDir, name));
  const elsewhere = databasePath === null ? [] : BESIDE_DATABASE.map((end) => databasePath + end).filter((path) => !ours.includes(path));
  const open = await openToOthers(ours);
  const left = await openToOthers(elsewhere);
  for (const path of open) await chmod(path, 0o600).catch(() => void left.push(path));
  const tightened = open.filter((path) => !left.includes(path));
  if (tightened.length > 0) log.info({ files: tightened }, 'Files that other users could read are now for their owner only.');
  if (left.length > 0) log.warn({ files: left }, 'Other users can read these files; take the rights from them with "chmod 600".');
}

async function openToOthers(paths: readonly string[]): Promise<string[]> {
  const open: string[] = [];
  for (const path of paths) {
    const stats = await lstatOrNull(path);
    if (stats?.isFile() === true && (stats.mode & OTHERS) !== 0) open.push(path);
  }
  return open;
}
