import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { FileKey } from '../../platform/store/file-key.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { makeFolder } from '../../platform/store/make-folder.js';
import { lstatOrNull, syncFolder } from '../../platform/store/safe-open.js';
import type { BackedUpFile, BackedUpImage } from './backup-manifest.js';
import { manifestOf } from './copy-images.js';
import { copyHashed, type OnBytes } from './hashed-copy.js';

/** The images of the backup before, by uuid. */
type Earlier = ReadonlyMap<string, BackedUpImage>;

/**
 * How an image was taken into the backup: whole; or not at all as its bytes are gone, are not those of its row, or have no row and a manifest
 * that is too large to be read.
 */
export type Taken = 'whole' | 'gone' | 'damaged' | 'left out';

/**
 * The image files of a backup, each under its hash: what an earlier backup has is not copied again, and nothing is ever changed. A file
 * that no list names is removed once a new list is written.
 */
export class BackupFiles {
  readonly #folder: string;
  readonly #images = new Map<string, BackedUpImage>();

  constructor(
    backup: string,
    private readonly store: FileStore,
    private readonly before: Earlier,
    private readonly onBytes: OnBytes,
  ) {
    this.#folder = join(backup, 'files');
  }

  async makeFolder(): Promise<void> {
    await makeFolder(this.#folder);
  }

  get(uuid: string): BackedUpImage | undefined {
    return this.#images.get(uuid);
  }

  /** Takes a file of the image store, with the bytes that are expected if a row names them. */
  async take(key: FileKey, expected: BackedUpFile | null): Promise<Taken> {
    const { uuid, attempt } = key;
    const taken = this.#images.get(uuid);
    if (taken !== undefined && taken.attempt === attempt && (expected === null || taken.file.sha256 === expected.sha256)) return 'whole';
    const stats = await this.store.statFile(key);
    if (stats === null) return 'gone';
    if (expected !== null && expected.size !== stats.size) return 'damaged';
    const text = await manifestOf(this.store, key);
    if (text === 'too large' && expected === null) return 'left out';
    const file = (await this.#present(uuid, stats.size, stats.modifiedAt.getTime(), expected)) ?? (await this.#copy(key, expected));
    if (file === 'gone' || file === 'damaged') return file;
    const manifest = text === null || text === 'too large' ? null : await this.#writeManifest(Buffer.from(text));
    this.#images.set(uuid, { uuid, attempt, file: { ...file, modifiedMs: stats.modifiedAt.getTime() }, manifest });
    return 'whole';
  }

  /** The images of the list, by uuid. */
  list(isWanted: (uuid: string) => boolean): BackedUpImage[] {
    return [...this.#images.values()].filter(({ uuid }) => isWanted(uuid)).toSorted((one, other) => (one.uuid < other.uuid ? -1 : 1));
  }

  async sync(): Promise<void> {
    await syncFolder(this.#folder);
  }

  /** Removes files that no image of the list has; how many. */
  async removeOthers(images: readonly BackedUpImage[]): Promise<number> {
    const named = new Set(images.flatMap(({ file, manifest }) => [file.sha256, manifest?.sha256]));
    const others = (await readdir(this.#folder)).filter((name) => !named.has(name));
    for (const name of others) await rm(join(this.#folder, name), { force: true });
    return others.length;
  }

  /** The file, if an earlier backup has it. Without a row it is known by its size and time. */
  async #present(uuid: string, size: number, modifiedMs: number, expected: BackedUpFile | null): Promise<BackedUpFile | null> {
    const before = this.before.get(uuid)?.file;
    const isSame = before !== undefined && before.size === size && before.modifiedMs === modifiedMs;
    const sha256 = expected?.sha256 ?? (isSame ? before.sha256 : null);
    if (sha256 === null) return null;
    const stats = await lstatOrNull(join(this.#folder, sha256));
    return stats?.isFile() && stats.size === size ? { sha256, size } : null;
  }

  async #copy(key: FileKey, expected: BackedUpFile | null): Promise<BackedUpFile | 'gone' | 'damaged'> {
    const readable = await this.store.readFile(key);
    if (readable === null) return 'gone';
    const isRight = (file: BackedUpFile): boolean => expected === null || expected.sha256 === file.sha256;
    const file = await this.#write(readable, isRight);
    return isRight(file) ? file : 'damaged';
  }

  /** A manifest is small, so its hash is known before it is written. */
  async #writeManifest(bytes: Buffer): Promise<BackedUpFile> {
    const file = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
    const stats = await lstatOrNull(join(this.#folder, file.sha256));
    return stats?.size === file.size ? file : this.#write(Readable.from([bytes]), () => true, () => undefined);
  }

  async #write(readable: Readable, isRight: (file: BackedUpFile) => boolean, onBytes = this.onBytes): Promise<BackedUpFile> {
    const draft = join(this.#folder, `${randomBytes(8).toString('hex')}.unfinished`);
    return copyHashed(readable, draft, (file) => (isRight(file) ? join(this.#folder, file.sha256) : null), onBytes);
  }
}

/** Where a file of a backup is. */
export function pathOfFile(backup: string, { sha256 }: BackedUpFile): string {
  return join(backup, 'files', sha256);
}
