import { randomBytes } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, syncFolder, writeDurably } from '../../platform/store/safe-open.js';
import { type FileKey, isUuid, parseAttempt } from '../../platform/store/file-key.js';
import { Refused } from '../command-error.js';

/** A file of a backup, by its hash and size. */
export interface BackedUpFile {
  sha256: string;
  /** Bytes. */
  size: number;
}

export interface BackedUpImage {
  uuid: string;
  /** With the uuid, its key in the image store. Null or missing: a pair, which is all that older backups have. */
  attempt?: string | null;
  file: BackedUpFile & { modifiedMs: number };
  /** Null where the image store had none. */
  manifest: BackedUpFile | null;
}

export interface TableRows {
  table: string;
  rows: number;
}

/** The list of a whole backup, `backup.json`. A folder without one is none. */
export interface BackupManifest {
  format: number;
  /** The version of the program. */
  program: string;
  madeAt: string;
  /** Names of the migrations that the database has. */
  migrations: readonly string[];
  database: BackedUpFile & { name: string };
  /** The generated secret of tokens; null where there was none. */
  secret: (BackedUpFile & { name: string }) | null;
  rows: readonly TableRows[];
  images: readonly BackedUpImage[];
}

export const FORMAT = 1;
const NAME = 'backup.json';
const DATABASE_NAME = /^database-[0-9a-f]{12}\.sqlite$/;
const SECRET_NAME = /^jwt-secret-[0-9a-f]{12}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** New names for the files that each backup has of its own, so that the one before stays whole until this one is. */
export function newNames(): { database: string; secret: string } {
  const id = randomBytes(6).toString('hex');
  return { database: `database-${id}.sqlite`, secret: `jwt-secret-${id}` };
}

/** Whether a file of that name may be in a folder of backups. */
export function isOfBackup(name: string): boolean {
  return [NAME, 'files', 'lock.sqlite', 'lock.sqlite-journal'].includes(name) || /^(database|jwt-secret)-[0-9a-f]{12}/.test(name) || name.endsWith('.unfinished');
}

/** Null when the folder has no whole backup. Throws Refused when the list cannot be what this program, or an older one, wrote. */
export async function readBackupManifest(folder: string): Promise<BackupManifest | null> {
  const text = await readFile(join(folder, NAME), 'utf8').catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return null;
    throw error;
  });
  if (text === null) return null;
  const manifest = parsed(text);
  if (typeof manifest?.format === 'number' && manifest.format > FORMAT) throw new Refused(`${folder} is a backup of a newer image-gateway (format ${manifest.format}, this program knows ${FORMAT}); use that version.`);
  if (manifest === null || !isManifest(manifest)) throw new Refused(`${join(folder, NAME)} is damaged.`);
  return manifest;
}

/** The last step of a backup: with the rename, it is whole. */
export async function writeBackupManifest(folder: string, manifest: BackupManifest): Promise<void> {
  const draft = join(folder, `${NAME}.unfinished`);
  await writeDurably(draft, JSON.stringify(manifest), { isPrivate: true });
  await rename(draft, join(folder, NAME));
  await syncFolder(folder);
}

function parsed(text: string): Partial<BackupManifest> | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** Names become paths, so each must be one that a backup writes. */
function isManifest(manifest: Partial<BackupManifest>): manifest is BackupManifest {
  const { database, secret, images, migrations, rows, program, madeAt } = manifest;
  return (
    isFile(database) && DATABASE_NAME.test(String((database as { name?: unknown }).name)) &&
    (secret === null || (isFile(secret) && SECRET_NAME.test(String((secret as { name?: unknown }).name)))) &&
    Array.isArray(migrations) && migrations.every((name) => typeof name === 'string') &&
    Array.isArray(rows) && typeof program === 'string' && typeof madeAt === 'string' &&
    Array.isArray(images) && images.every((image) => isUuid(String(image.uuid)) && isAttempt(image.attempt) && isFile(image.file) && (image.manifest === null || isFile(image.manifest)))
  );
}

function isAttempt(attempt: unknown): boolean {
  return attempt === undefined || attempt === null || parseAttempt(String(attempt)) !== null;
}

function isFile(file: unknown): file is BackedUpFile {
  const { sha256, size } = (file ?? {}) as Partial<BackedUpFile>;
  return typeof sha256 === 'string' && SHA256.test(sha256) && typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
}

/** The key of an image of a backup in the image store. */
export function keyOfBackedUp({ uuid, attempt = null }: Pick<BackedUpImage, 'uuid' | 'attempt'>): FileKey {
  return { uuid, attempt };
}
