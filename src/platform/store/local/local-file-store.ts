import { access, constants, mkdir, opendir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type AttemptKey, type FileKey, isUuid } from '../file-key.js';
import { type ByteRange, type FileDraft, FileStoreMissing, type FileStore, MANIFEST_LIMIT_BYTES, manifestTooLong, type OpenFile, type StoredFile } from '../file-store.js';
import { freeBytesOf, isStoreFull, noRoom } from '../free-space.js';
import { makeFolder } from '../make-folder.js';
import { errorCode, isFolder, lstatOrNull, openForReading, syncFolder, writeDurably } from '../safe-open.js';
import { sendFile } from '../send-file.js';
import type { StoreIdentity } from '../store-identity.js';
import { checkFolder, explainUnusable, unavailable } from './check-folder.js';
import { attemptFolders } from './attempt-folders.js';
import { ensureSubfolder } from './ensure-subfolder.js';
import { LocalFileDraft } from './local-file-draft.js';
import { sweepLeftovers } from './sweep-leftovers.js';
import { isMisnamedUuid, StoreLayout } from './store-layout.js';
import { takeOverEarlier, takeOverPartial } from './take-over.js';
import type { WriteMode } from './write-behind.js';

// Four times Node's default, so that there are fewer reads; still small enough for many streams at once.
const READ_BUFFER_BYTES = 256 * 1024;
/** Somebody who removes the last file of an image removes its folder, too, which another one may just have made sure of. */
const MOST_TRIES = 20;

export interface LocalStoreOptions {
  /** Null: any folder is accepted, and made if it is missing. */
  identity?: StoreIdentity | null;
  /** No other process writes to the store. */
  isSoleOwner?: boolean;
  writeMode?: WriteMode;
}

/**
 * Stores images in a local folder. What is named `<uuid>.partial`, `<uuid>.removed-*` or `<uuid>.manifest-*` exists only for a moment, or
 * after a crash. Renames make a file appear and go at once, so the whole folder must be on one file system. Everything that lists or changes
 * it demands the identity of the store first: the folder may be the empty one below a file system that was unmounted.
 */
export class LocalFileStore implements FileStore {
  readonly #layout: StoreLayout;
  readonly #identity: StoreIdentity | null;
  readonly #isSoleOwner: boolean;
  readonly #writeMode: WriteMode;

  constructor(root: string, { identity = null, isSoleOwner = false, writeMode = { synchronous: false, syncEarly: true } }: LocalStoreOptions = {}) {
    this.#layout = new StoreLayout(root);
    this.#identity = identity;
    this.#isSoleOwner = isSoleOwner;
    this.#writeMode = writeMode;
  }

  async check(): Promise<void> {
    const { root } = this.#layout;
    await checkFolder(root, async () => (this.#identity === null ? makeFolder(root) : this.#identity.demand()));
  }

  async reach(): Promise<void> {
    const { root } = this.#layout;
    await access(root, constants.R_OK | constants.W_OK).catch((error: unknown) => {
      throw unavailable(root, error);
    });
    await this.#identity?.compare();
  }

  async requireRoom(bytes: number): Promise<void> {
    const free = await freeBytesOf(this.#layout.root);
    if (bytes > free) throw noRoom(this.#layout.root, bytes, free);
  }

  async explainFaults<T>(bytesNeeded: number | null, work: () => Promise<T>): Promise<T> {
    try {
      return await explainUnusable(this.#layout.root, work);
    } catch (error) {
      if (!isStoreFull(error)) throw error;
      const free = await freeBytesOf(this.#layout.root).catch(() => null);
      throw noRoom(this.#layout.root, bytesNeeded, free, { cause: error });
    }
  }

  async listPairs(): Promise<string[]> {
    const uuids: string[] = [];
    for (const { name } of (await this.#entries()).filter((entry) => entry.isDirectory() && isUuid(entry.name))) {
      if (await mayHoldPair(this.#layout.image(name))) uuids.push(name);
    }
    return uuids.sort();
  }

  async listMisnamed(): Promise<string[]> {
    const entries = await this.#entries();
    return entries.filter((entry) => entry.isDirectory() && isMisnamedUuid(entry.name)).map((entry) => entry.name).sort();
  }

  async *listAttempts(uuid?: string): AsyncGenerator<AttemptKey> {
    await this.#identity?.demand();
    if (uuid !== undefined) return yield* this.#attemptsOf(uuid);
    const folder = await opendir(this.#layout.root).catch((error: unknown) => {
      throw unavailable(this.#layout.root, error);
    });
    for await (const entry of folder) if (entry.isDirectory() && isUuid(entry.name)) yield* this.#attemptsOf(entry.name, unlessUnreadable);
  }

  async readManifest(key: FileKey): Promise<string | null> {
    const handle = await this.#open(key, 'manifest');
    if (handle === null) return null;
    const bytes = await explainUnusable(this.#layout.root, async () => buffer(handle.createReadStream({ end: MANIFEST_LIMIT_BYTES })));
    if (bytes.length <= MANIFEST_LIMIT_BYTES) return bytes.toString('utf8');
    throw manifestTooLong(key);
  }

  async writeManifest(key: FileKey, text: string): Promise<void> {
    await this.#identity?.demand();
    if ((await this.statFile(key)) === null) throw new FileStoreMissing(key, 'file');
    const folder = this.#layout.folder(key);
    const draft = this.#layout.manifestDraft(key.uuid);
    try {
      await writeDurably(draft, text);
      await rename(draft, join(folder, 'manifest'));
    } catch (error) {
      await rm(draft, { force: true });
      throw errorCode(error) === 'ENOENT' ? new FileStoreMissing(key, 'file') : error;
    }
    await syncFolder(folder);
  }

  async statFile(key: FileKey): Promise<StoredFile | null> {
    const path = join(this.#layout.folder(key), 'file');
    const stats = await explainUnusable(this.#layout.root, async () => ((await this.#isThere(key)) ? lstatOrNull(path) : null));
    return stats?.isFile() ? { size: stats.size, modifiedAt: stats.mtime } : null;
  }

  async readFile(key: FileKey, range?: ByteRange): Promise<Readable | null> {
    const handle = await this.#open(key, 'file');
    return handle?.createReadStream({ ...range, highWaterMark: READ_BUFFER_BYTES }) ?? null;
  }

  async openFile(key: FileKey): Promise<OpenFile | null> {
    const handle = await this.#open(key, 'file');
    if (handle === null) return null;
    return { sendTo: async (sink, range) => sendFile(handle, sink, range), close: async () => handle.close() };
  }

  async redirectTo(): Promise<null> {
    return null;
  }

  async openDraft(key: FileKey): Promise<FileDraft> {
    await this.#identity?.demand();
    const paths = this.#layout.draft(key);
    await this.#makeFolders(key, paths.folder);
    const { uuid, attempt } = key;
    if (attempt !== null) {
      const earlier = await takeOverEarlier(this.#layout, { uuid, attempt }, this.#isSoleOwner);
      if (this.#isSoleOwner) await takeOverPartial(this.#layout, { uuid, attempt });
      for (const one of earlier) await this.#removeAttempt(one);
    }
    return LocalFileDraft.open(paths, { mode: this.#writeMode, demandStore: async () => this.#identity?.demand() });
  }

  async remove(key: FileKey): Promise<void> {
    await this.#identity?.demand();
    const { uuid, attempt } = key;
    if (attempt === null) await this.#removePair(uuid);
    else await this.#removeAttempt({ uuid, attempt });
  }

  async sweep(): Promise<string[]> {
    return sweepLeftovers(this.#layout, await this.#entries());
  }

  async *#attemptsOf(uuid: string, onFault = rethrow): AsyncGenerator<AttemptKey> {
    for (const name of await attemptFolders(this.#layout.image(uuid)).catch(onFault)) yield { uuid, attempt: name };
  }

  /** For an attempt, makes the folder of its image too, again where somebody removes it as empty meanwhile. */
  async #makeFolders({ uuid, attempt }: FileKey, folder: string): Promise<void> {
    const folders = attempt === null ? [folder] : [this.#layout.image(uuid), folder];
    for (let tries = 1; ; tries += 1) {
      try {
        for (const path of folders) await ensureSubfolder(path);
        return;
      } catch (error) {
        if (!['ENOENT', 'EEXIST'].includes(errorCode(error) ?? '') || tries === MOST_TRIES) throw error;
      }
    }
  }

  async #removeAttempt(key: AttemptKey): Promise<void> {
    const folder = this.#layout.folder(key);
    if (!(await this.#isThere(key))) return;
    await this.#hide(key.uuid, [folder], async (removed) => rename(folder, removed));
  }

  async #removePair(uuid: string): Promise<void> {
    const paths = ['file', 'manifest'].map((name) => join(this.#layout.image(uuid), name));
    const present = (await isFolder(this.#layout.image(uuid))) ? paths : [];
    if ((await Promise.all(present.map(lstatOrNull))).every((stats) => stats === null)) return this.#removeEmpty(uuid);
    await this.#hide(uuid, present, async (removed) => {
      await mkdir(removed, { mode: 0o700 });
      for (const path of present) await rename(path, join(removed, path.endsWith('file') ? 'file' : 'manifest')).catch(unlessMissing);
    });
  }

  /** Moves paths of an image out of the sight of readers, and deletes them then. */
  async #hide(uuid: string, paths: readonly string[], move: (removed: string) => Promise<void>): Promise<void> {
    const removed = this.#layout.removed(uuid);
    try {
      await move(removed);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      // Some file systems need space for a rename, which only deleting gives.
      if (!isStoreFull(error)) throw error;
      for (const path of paths) await rm(path, { recursive: true, force: true });
    }
    await syncFolder(this.#layout.image(uuid)).catch(unlessMissing);
    await this.#removeEmpty(uuid);
    // Readers no longer see it; if deleting fails, the next sweep does it.
    await rm(removed, { recursive: true, force: true }).catch(() => undefined);
  }

  async #removeEmpty(uuid: string): Promise<void> {
    await rmdir(this.#layout.image(uuid)).catch(() => undefined);
    await syncFolder(this.#layout.root);
  }

  /** Whether there is a folder for it, to which no link leads. */
  async #isThere(key: FileKey): Promise<boolean> {
    const folder = this.#layout.folder(key);
    return (await isFolder(this.#layout.image(key.uuid))) && isFolder(folder);
  }

  async #open(key: FileKey, name: 'file' | 'manifest'): Promise<Awaited<ReturnType<typeof openForReading>>> {
    const path = join(this.#layout.folder(key), name);
    return explainUnusable(this.#layout.root, async () => ((await this.#isThere(key)) ? openForReading(path) : null));
  }

  async #entries(): Promise<Dirent[]> {
    await this.#identity?.demand();
    try {
      return await readdir(this.#layout.root, { withFileTypes: true });
    } catch (error) {
      throw unavailable(this.#layout.root, error);
    }
  }
}

/** Whether a folder has a part of a pair, or nothing. One that cannot be read may, and whoever reads the pair is told why. */
async function mayHoldPair(folder: string): Promise<boolean> {
  try {
    const names = await readdir(folder);
    return names.length === 0 || names.includes('file') || names.includes('manifest');
  } catch (error) {
    return errorCode(error) !== 'ENOENT';
  }
}

function rethrow(error: unknown): string[] {
  throw error;
}

/** A folder that one user has closed to the gateway does not hide the others. */
function unlessUnreadable(error: unknown): string[] {
  if (errorCode(error) === 'EACCES' || errorCode(error) === 'EPERM') return [];
  throw error;
}

function unlessMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}
