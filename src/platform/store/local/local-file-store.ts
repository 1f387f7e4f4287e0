import { access, constants, readdir, rename, rm } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AppError } from '../errors.js';
import { checkFolder, unavailable } from './check-folder.js';
import { freeBytesOf, isStoreFull, noRoom } from './free-space.js';
import { makeFolder } from './make-folder.js';
import type { StoreIdentity } from './store-identity.js';
import { type ByteRange, FileStoreConflict, FileStoreMissing, type FileStore, type OpenFile, type StoredFile } from './file-store.js';
import { errorCode, isFolder, lstatOrNull, makeSubfolder, openForReading, openForWriting, syncFolder, writeDurably } from './safe-open.js';
import { sendFile } from './send-file.js';
import { type WriteMode, writeBehind } from './write-behind.js';
import { isManifestDraft, isMisnamedUuid, isRemoved, isUuid, StoreLayout, uuidOfPartial } from './store-layout.js';

const MANIFEST_LIMIT_BYTES = 1024 * 1024;
// Four times Node's default, so that there are fewer reads; still small enough for many streams at once.
const READ_BUFFER_BYTES = 256 * 1024;
// Another process may be about to rename a younger draft.
const DRAFT_AGE_MS = 10 * 60 * 1000;

/**
 * Stores images in a local folder: `<uuid>/{manifest,file}` when published, `<uuid>.partial/` while being written.
 * `<uuid>.removed-*` and `<uuid>.manifest-*` exist only for a moment, or after a crash.
 * One rename publishes or removes an image, so the whole folder must be on one file system. Everything that lists or changes it demands
 * the identity of the store first: the folder may be the empty one below a file system that was unmounted.
 */
export class LocalFileStore implements FileStore {
  private readonly layout: StoreLayout;

  constructor(
    root: string,
    private readonly writeMode: WriteMode = { synchronous: false, syncEarly: true },
    /** Null: any folder is accepted, and made if it is missing. */
    private readonly identity: StoreIdentity | null = null,
  ) {
    this.layout = new StoreLayout(root);
  }

  async check(): Promise<void> {
    await checkFolder(this.layout.root, async () => (this.identity === null ? makeFolder(this.layout.root) : this.identity.demand()));
  }

  async requireRoom(bytes: number): Promise<void> {
    const free = await freeBytesOf(this.layout.root);
    if (bytes > free) throw noRoom(this.layout.root, bytes, free);
  }

  async explainFull<T>(bytesNeeded: number | null, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isStoreFull(error)) throw error;
      const free = await freeBytesOf(this.layout.root).catch(() => null);
      throw noRoom(this.layout.root, bytesNeeded, free, { cause: error });
    }
  }

  async reach(): Promise<void> {
    const { root } = this.layout;
    await access(root, constants.R_OK | constants.W_OK).catch((error: unknown) => {
      throw unavailable(root, error);
    });
    await this.identity?.compare();
  }

  async listUuids(): Promise<string[]> {
    const entries = await this.entries();
    return entries.filter((entry) => entry.isDirectory() && isUuid(entry.name)).map((entry) => entry.name).sort();
  }

  async listMisnamed(): Promise<string[]> {
    const entries = await this.entries();
    return entries.filter((entry) => entry.isDirectory() && isMisnamedUuid(entry.name)).map((entry) => entry.name).sort();
  }

  async listPartials(): Promise<string[]> {
    const folders = (await this.entries()).filter((entry) => entry.isDirectory());
    return folders.map((entry) => uuidOfPartial(entry.name)).filter((uuid) => uuid !== null).sort();
  }

  async readManifest(uuid: string): Promise<string | null> {
    const handle = await openForReading(join(this.layout.published(uuid), 'manifest'));
    if (handle === null) return null;
    const bytes = await buffer(handle.createReadStream({ end: MANIFEST_LIMIT_BYTES }));
    if (bytes.length <= MANIFEST_LIMIT_BYTES) return bytes.toString('utf8');
    const message = `The manifest of image ${uuid} in the image store is larger than ${MANIFEST_LIMIT_BYTES} bytes, which is the most that is read.`;
    throw new AppError('INVALID_MANIFEST', message);
  }

  async writeManifest(uuid: string, text: string): Promise<void> {
    await this.identity?.demand();
    const folder = this.layout.published(uuid);
    if (!(await isFolder(folder))) throw new FileStoreMissing(uuid, 'image');
    const draft = this.layout.manifestDraft(uuid);
    try {
      await writeDurably(draft, text);
      await rename(draft, join(folder, 'manifest'));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await syncFolder(folder);
  }

  async statFile(uuid: string): Promise<StoredFile | null> {
    const folder = this.layout.published(uuid);
    if (!(await isFolder(folder))) return null;
    const stats = await lstatOrNull(join(folder, 'file'));
    return stats?.isFile() ? { size: stats.size, modifiedAt: stats.mtime } : null;
  }

  async readFile(uuid: string, range?: ByteRange): Promise<Readable | null> {
    const handle = await openForReading(join(this.layout.published(uuid), 'file'));
    return handle?.createReadStream({ ...range, highWaterMark: READ_BUFFER_BYTES }) ?? null;
  }

  async openFile(uuid: string): Promise<OpenFile | null> {
    const handle = await openForReading(join(this.layout.published(uuid), 'file'));
    if (handle === null) return null;
    return { sendTo: async (sink, range) => sendFile(handle, sink, range), close: async () => handle.close() };
  }

  async partialSize(uuid: string): Promise<number> {
    const folder = this.layout.partial(uuid);
    if (!(await isFolder(folder))) return 0;
    const stats = await lstatOrNull(join(folder, 'file'));
    return stats?.isFile() ? stats.size : 0;
  }

  async appendPartial(uuid: string, offset: number): Promise<Writable> {
    await this.identity?.demand();
    const folder = this.layout.partial(uuid);
    await makeSubfolder(folder).catch(async (error: unknown) => {
      if (errorCode(error) !== 'EEXIST' || !(await isFolder(folder))) throw error;
    });
    const handle = await openForWriting(join(folder, 'file'));
    try {
      const { size } = await handle.stat();
      if (offset > size) throw new RangeError(`The partial of ${uuid} has ${size} bytes; it cannot go on at ${offset}.`);
      await handle.truncate(offset);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return writeBehind(handle, offset, this.writeMode);
  }

  async readPartial(uuid: string, size: number, start = 0): Promise<Readable> {
    const handle = await openForReading(join(this.layout.partial(uuid), 'file'));
    if (handle === null) throw new FileStoreMissing(uuid, 'partial');
    if (size > 0) return handle.createReadStream({ start, end: start + size - 1, highWaterMark: READ_BUFFER_BYTES });
    await handle.close();
    return Readable.from([]);
  }

  async publish(uuid: string, manifest: string): Promise<void> {
    await this.identity?.demand();
    const [partial, published] = [this.layout.partial(uuid), this.layout.published(uuid)];
    if ((await lstatOrNull(published)) !== null) throw new FileStoreConflict(uuid);
    await this.syncPartialFile(uuid);
    await writeDurably(join(partial, 'manifest'), manifest);
    await syncFolder(partial);
    try {
      await rename(partial, published);
    } catch (error) {
      await rm(join(partial, 'manifest'), { force: true });
      // Another process may have published it since the check above: rename never replaces a folder that is not empty.
      if ((await lstatOrNull(published)) !== null) throw new FileStoreConflict(uuid);
      throw error;
    }
    await syncFolder(this.layout.root);
  }

  async discardPartial(uuid: string): Promise<void> {
    await this.identity?.demand();
    await rm(this.layout.partial(uuid), { recursive: true, force: true });
  }

  async remove(uuid: string): Promise<void> {
    await this.identity?.demand();
    const removed = this.layout.removed(uuid);
    try {
      await rename(this.layout.published(uuid), removed);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      // Some file systems need space for a rename, which only deleting gives.
      if (!isStoreFull(error)) throw error;
      await rm(this.layout.published(uuid), { recursive: true, force: true });
    }
    await syncFolder(this.layout.root);
    // Readers no longer see the image; if deleting fails, the next sweep does it.
    await rm(removed, { recursive: true, force: true }).catch(() => undefined);
  }

  async sweep(keepPartials: ReadonlySet<string>): Promise<string[]> {
    const swept: string[] = [];
    for (const entry of await this.entries()) {
      if (!(await this.isSweepable(entry, keepPartials))) continue;
      await rm(join(this.layout.root, entry.name), { recursive: true, force: true });
      swept.push(entry.name);
    }
    return swept.sort();
  }

  private async isSweepable(entry: Dirent, keepPartials: ReadonlySet<string>): Promise<boolean> {
    if (isRemoved(entry.name)) return true;
    if (isManifestDraft(entry.name)) {
      const stats = await lstatOrNull(join(this.layout.root, entry.name));
      return stats !== null && Date.now() - stats.mtimeMs > DRAFT_AGE_MS;
    }
    const uuid = entry.isDirectory() ? uuidOfPartial(entry.name) : null;
    return uuid !== null && !keepPartials.has(uuid);
  }

  private async syncPartialFile(uuid: string): Promise<void> {
    await using handle = await openForReading(join(this.layout.partial(uuid), 'file'));
    if (handle === null) throw new FileStoreMissing(uuid, 'partial');
    await handle.sync();
  }

  private async entries(): Promise<Dirent[]> {
    await this.identity?.demand();
    try {
      return await readdir(this.layout.root, { withFileTypes: true });
    } catch (error) {
      throw unavailable(this.layout.root, error);
    }
  }
}
