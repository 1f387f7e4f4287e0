import { createHash } from 'node:crypto';
import { AppError } from '../../platform/errors.js';
import { type AttemptKey, attemptKey, type FileKey, nameOfKey, parseAttempt } from '../../platform/store/file-key.js';
import type { FileDraft, FileStore } from '../../platform/store/file-store.js';
import { Refused } from '../command-error.js';
import { hashStream, type OnBytes } from './hashed-copy.js';

export interface CopyWork {
  from: FileStore;
  to: FileStore;
  /** Whether files and manifests of the target that differ are replaced. */
  replaces: boolean;
  onBytes: (done: number, total: number) => void;
}

export interface CopiedImages {
  copied: number;
  /** Were there already, with the same bytes. */
  present: number;
  bytes: number;
  /** What cannot be copied, as it has a manifest alone, or one that is too large. */
  leftOut: string[];
  /** What is in the target with other bytes, and was not replaced. */
  different: string[];
  /** What was copied as it is, and has another sha1 than its manifest says. */
  damaged: string[];
}

interface FileToCopy {
  key: FileKey;
  size: number;
}

/**
 * Copies every file with its manifest into another store, under the same key. Each is hashed as it is read, and read back from the target
 * and hashed again; one that is there with the same hash is not copied. Of several attempts of a task it copies the last: an earlier one
 * is no image.
 */
export async function copyImages({ from, to, replaces, onBytes }: CopyWork): Promise<CopiedImages> {
  const copied: CopiedImages = { copied: 0, present: 0, bytes: 0, leftOut: [], different: [], damaged: [] };
  const files = await filesOf(from, copied);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const count: OnBytes = (bytes) => onBytes((done += bytes), Math.max(total, done));
  for (const file of files) {
    const manifest = await manifestOf(from, file.key);
    if (manifest === 'too large') {
      copied.leftOut.push(nameOfKey(file.key));
      continue;
    }
    const outcome = await to.explainFaults(file.size, async () => copyFile({ from, to, replaces, count }, file, manifest));
    if (outcome === 'damaged') copied.damaged.push(nameOfKey(file.key));
    if (outcome === 'different') copied.different.push(nameOfKey(file.key));
    else if (outcome === 'present') copied.present += 1;
    else copied.copied += 1;
    copied.bytes += file.size;
  }
  return copied;
}

async function filesOf(from: FileStore, copied: CopiedImages): Promise<FileToCopy[]> {
  const keys: FileKey[] = (await from.listPairs()).map((uuid) => ({ uuid, attempt: null }));
  keys.push(...(await lastAttempts(from)));
  const files: FileToCopy[] = [];
  for (const key of keys) {
    const stats = await from.statFile(key);
    if (stats !== null) files.push({ key, size: stats.size });
    else if (key.attempt === null) copied.leftOut.push(nameOfKey(key));
  }
  return files;
}

/** The last sealed attempt of each task. */
async function lastAttempts(from: FileStore): Promise<AttemptKey[]> {
  const last = new Map<string, { uuid: string; taskId: string; number: number }>();
  for await (const key of from.listAttempts()) {
    const attempt = parseAttempt(key.attempt);
    if (attempt === null || (await from.statFile(key)) === null) continue;
    const task = `${key.uuid} ${attempt.taskId}`;
    if ((last.get(task)?.number ?? -1) < attempt.number) last.set(task, { uuid: key.uuid, ...attempt });
  }
  return [...last.values()].map(({ uuid, ...attempt }) => attemptKey(uuid, attempt));
}

/** The manifest of a file; null where it has none. A hand-placed one may be of any size. */
export async function manifestOf(store: FileStore, key: FileKey): Promise<string | null | 'too large'> {
  try {
    return await store.readManifest(key);
  } catch (error) {
    if (error instanceof AppError && error.code === 'INVALID_MANIFEST') return 'too large';
    throw error;
  }
}

async function copyFile(work: Omit<CopyWork, 'onBytes'> & { count: OnBytes }, { key, size }: FileToCopy, manifest: string | null): Promise<'copied' | 'damaged' | 'present' | 'different'> {
  const { from, to, replaces, count } = work;
  const present = await to.statFile(key);
  if (present !== null) {
    const isSame = present.size === size && (await hashOf(to, key, () => undefined)) === (await hashOf(from, key, count));
    const hasSameManifest = (await to.readManifest(key)) === manifest;
    if (isSame && hasSameManifest) return 'present';
    if (!replaces) return 'different';
    if (isSame && manifest !== null) {
      await to.writeManifest(key, manifest);
      return 'copied';
    }
  }
  const draft = await to.openDraft(key);
  try {
    const { sha256, isDamaged } = await writeWhole({ from, key, draft, count }, sha1In(manifest));
    await draft.seal(manifest ?? undefined);
    if ((await hashOf(to, key, () => undefined)) !== sha256) {
      // Nobody may take it for the image, and the next run copies it again.
      await to.remove(key);
      throw new Refused(`${nameOfKey(key)}: the copy has other bytes than the file; it was removed again. Look at the disk or the network in between, and copy again.`);
    }
    return isDamaged ? 'damaged' : 'copied';
  } finally {
    await draft.close();
  }
}

/** A file with another sha1 than its manifest says is read twice: its bytes may have changed on the way only. */
async function writeWhole(work: FileWork, sha1: string | null): Promise<{ sha256: string; isDamaged: boolean }> {
  const first = await writeFrom(work);
  if (sha1 === null || first.sha1 === sha1) return { sha256: first.sha256, isDamaged: false };
  await work.draft.restart();
  const second = await writeFrom(work);
  if (second.sha1 === sha1) return { sha256: second.sha256, isDamaged: false };
  if (second.sha256 === first.sha256) return { sha256: second.sha256, isDamaged: true };
  throw new Refused(`${nameOfKey(work.key)}: each read of the file brings other bytes; look at the disk or the network in between, and copy again.`);
}

/** The checksum of the file; null where the manifest has none that can be read. */
function sha1In(manifest: string | null): string | null {
  const [, sha1] = /"sha1"\s*:\s*"([0-9a-f]{40})"/i.exec(manifest ?? '') ?? [];
  return sha1?.toLowerCase() ?? null;
}

interface FileWork {
  from: FileStore;
  key: FileKey;
  draft: FileDraft;
  count: OnBytes;
}

/** Both checksums of the same bytes. */
class Hashes {
  #hashes = [createHash('sha256'), createHash('sha1')] as const;

  update(bytes: Buffer): void {
    for (const hash of this.#hashes) hash.update(bytes);
  }

  digest(): { sha256: string; sha1: string } {
    const [sha256, sha1] = this.#hashes;
    return { sha256: sha256.copy().digest('hex'), sha1: sha1.copy().digest('hex') };
  }
}

/** Goes on from what an interrupted copy left, if those are the bytes of the file. Returns the checksums of the file. */
async function writeFrom({ from, key, draft, count }: FileWork): Promise<{ sha256: string; sha1: string }> {
  const hashes = (await hashesOfWritten(from, key, draft)) ?? new Hashes();
  count(draft.size);
  const readable = await from.readFile(key, { start: draft.size, end: Number.MAX_SAFE_INTEGER });
  if (readable === null) throw new Refused(`${nameOfKey(key)}: the file was removed while it was copied; stop the gateway, and copy again.`);
  for await (const chunk of readable) {
    const bytes = chunk as Buffer;
    hashes.update(bytes);
    const wait = draft.write(bytes);
    if (wait !== undefined) await wait;
    count(bytes.length);
  }
  return hashes.digest();
}

/** The checksums of what the draft has; null, with an empty draft, where those are no bytes of the file. */
async function hashesOfWritten(from: FileStore, key: FileKey, draft: FileDraft): Promise<Hashes | null> {
  if (draft.size === 0) return null;
  const [hashes, written] = [new Hashes(), createHash('sha256')];
  const readable = await from.readFile(key, { start: 0, end: draft.size - 1 });
  for await (const chunk of readable ?? []) hashes.update(chunk as Buffer);
  for await (const chunk of await draft.readWritten()) written.update(chunk as Buffer);
  if (hashes.digest().sha256 === written.digest('hex')) return hashes;
  await draft.restart();
  return null;
}

async function hashOf(store: FileStore, key: FileKey, count: OnBytes): Promise<string | null> {
  const readable = await store.readFile(key);
  return readable === null ? null : (await hashStream(readable, 'sha256', count)).hash;
}
