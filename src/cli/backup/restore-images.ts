import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FileStore } from '../../platform/store/file-store.js';
import { Refused } from '../command-error.js';
import { pathOfFile } from './backup-files.js';
import type { BackedUpFile, BackedUpImage } from './backup-manifest.js';
import { hashStream, type OnBytes, readFileStream } from './hashed-copy.js';

/** Images whose present bytes are others than those of the backup: they wait beside them until the database is restored. */
export interface WaitingImage {
  uuid: string;
  manifest: string;
}

export interface RestoredImages {
  copied: number;
  /** Were there already, with the same bytes. */
  present: number;
  waiting: WaitingImage[];
}

/**
 * Brings the images of a backup into the image store, and hashes all of them. It only adds: an image that is there with other bytes
 * gets those of the backup by `replaceImages`.
 */
export async function restoreImages(backup: string, images: readonly BackedUpImage[], store: FileStore, onBytes: (done: number, total: number) => void): Promise<RestoredImages> {
  const total = images.reduce((sum, { file }) => sum + file.size, 0);
  const stored = new Set(await store.listUuids());
  let done = 0;
  const restored: RestoredImages = { copied: 0, present: 0, waiting: [] };
  for (const { uuid, file, manifest } of images) {
    const count: OnBytes = (bytes) => onBytes((done += bytes), Math.max(total, done));
    const state = stored.has(uuid) ? await stateOf(store, uuid, file, count) : 'absent';
    if (state === 'same') {
      restored.present += 1;
      continue;
    }
    await copyToPartial(backup, uuid, file, store, count);
    const text = manifest === null ? '{}' : await verifiedText(backup, manifest);
    if (state === 'absent') await store.publish(uuid, text);
    else restored.waiting.push({ uuid, manifest: text });
    restored.copied += 1;
  }
  return restored;
}

/** Puts the bytes of the backup in place of others. */
export async function replaceImages(store: FileStore, waiting: readonly WaitingImage[]): Promise<void> {
  for (const { uuid, manifest } of waiting) {
    await store.remove(uuid);
    await store.publish(uuid, manifest);
  }
}

async function stateOf(store: FileStore, uuid: string, file: BackedUpFile, onBytes: OnBytes): Promise<'same' | 'other'> {
  const stats = await store.statFile(uuid);
  const readable = stats?.size === file.size ? await store.readFile(uuid) : null;
  return readable !== null && (await hashStream(readable, 'sha256', onBytes)).hash === file.sha256 ? 'same' : 'other';
}

async function copyToPartial(backup: string, uuid: string, file: BackedUpFile, store: FileStore, onBytes: OnBytes): Promise<void> {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk);
      onBytes(chunk.length);
      callback(null, chunk);
    },
  });
  await pipeline(readFileStream(pathOfFile(backup, file)), hashing, await store.appendPartial(uuid, 0));
  if (hash.digest('hex') === file.sha256) return;
  await store.discardPartial(uuid);
  throw new Refused(`The backup is damaged: its file of image ${uuid} has other bytes than its list says.`);
}

async function verifiedText(backup: string, file: BackedUpFile): Promise<string> {
  const bytes = await readFile(pathOfFile(backup, file));
  if (createHash('sha256').update(bytes).digest('hex') === file.sha256) return bytes.toString('utf8');
  throw new Refused(`The backup is damaged: the file ${file.sha256} has other bytes than its name says.`);
}
