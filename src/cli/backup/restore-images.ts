import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FileKey } from '../../platform/store/file-key.js';
import type { FileDraft, FileStore } from '../../platform/store/file-store.js';
import { Refused } from '../command-error.js';
import { pathOfFile } from './backup-files.js';
import { type BackedUpFile, type BackedUpImage, keyOfBackedUp } from './backup-manifest.js';
import { hashStream, type OnBytes, readFileStream } from './hashed-copy.js';

/** The bytes of the backup for an image whose present ones differ: they are sealed once the database is restored. */
export interface WaitingImage {
  draft: FileDraft;
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
 * gets those of the backup by `replaceImages`. If it throws, it has closed what waits.
 */
export async function restoreImages(backup: string, images: readonly BackedUpImage[], store: FileStore, onBytes: (done: number, total: number) => void): Promise<RestoredImages> {
  const total = images.reduce((sum, { file }) => sum + file.size, 0);
  let done = 0;
  const count: OnBytes = (bytes) => onBytes((done += bytes), Math.max(total, done));
  const restored: RestoredImages = { copied: 0, present: 0, waiting: [] };
  try {
    for (const image of images) await store.explainFaults(image.file.size, async () => restoreImage(backup, image, store, { count, restored }));
  } catch (error) {
    await closeWaiting(restored.waiting);
    throw error;
  }
  return restored;
}

async function restoreImage(backup: string, image: BackedUpImage, store: FileStore, { count, restored }: { count: OnBytes; restored: RestoredImages }): Promise<void> {
  const key = keyOfBackedUp(image);
  const state = await stateOf(store, key, image.file, count);
  if (state === 'same') {
    restored.present += 1;
    return;
  }
  const manifest = image.manifest === null ? '{}' : await verifiedText(backup, image.manifest);
  const draft = await store.openDraft(key);
  restored.waiting.push({ draft, manifest });
  await copyInto(draft, backup, image, count);
  restored.copied += 1;
  if (state === 'other') return;
  restored.waiting.pop();
  await replaceImages([{ draft, manifest }]);
}

/** Puts the bytes of the backup in place of others. */
export async function replaceImages(waiting: readonly WaitingImage[]): Promise<void> {
  try {
    for (const { draft, manifest } of waiting) await draft.seal(manifest);
  } finally {
    await closeWaiting(waiting);
  }
}

/** Leaves the present bytes as they are. */
export async function closeWaiting(waiting: readonly WaitingImage[]): Promise<void> {
  for (const { draft } of waiting) await draft.close();
}

async function stateOf(store: FileStore, key: FileKey, file: BackedUpFile, onBytes: OnBytes): Promise<'absent' | 'same' | 'other'> {
  const stats = await store.statFile(key);
  if (stats === null) return 'absent';
  const readable = stats.size === file.size ? await store.readFile(key) : null;
  return readable !== null && (await hashStream(readable, 'sha256', onBytes)).hash === file.sha256 ? 'same' : 'other';
}

async function copyInto(draft: FileDraft, backup: string, { uuid, file }: BackedUpImage, onBytes: OnBytes): Promise<void> {
  await draft.restart();
  const hash = createHash('sha256');
  for await (const chunk of readFileStream(pathOfFile(backup, file))) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    await draft.write(bytes);
    onBytes(bytes.length);
  }
  await draft.flush();
  if (hash.digest('hex') === file.sha256) return;
  await draft.restart();
  throw new Refused(`The backup is damaged: its file of image ${uuid} has other bytes than its list says.`);
}

async function verifiedText(backup: string, file: BackedUpFile): Promise<string> {
  const bytes = await readFile(pathOfFile(backup, file));
  if (createHash('sha256').update(bytes).digest('hex') === file.sha256) return bytes.toString('utf8');
  throw new Refused(`The backup is damaged: the file ${file.sha256} has other bytes than its name says.`);
}
