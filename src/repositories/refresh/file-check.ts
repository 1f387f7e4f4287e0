import { digestStream } from '../../images/import/download/verify.js';
import type { ImgManifest } from '../../imgapi/manifest.js';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import { type FileKey, nameOfKey } from '../../platform/store/file-key.js';
import type { FileStore } from '../../platform/store/file-store.js';

/** Larger files are hashed only when they are imported: a refresh must not read disks for hours. */
const MAX_HASHED_BYTES = 256 * 1024 * 1024;

/** Files beyond these are hashed anew by each refresh. */
const MAX_SHA1S = 100_000;

/** A file of the store, and whether an image of the catalogue has it, whose import has verified it. */
export interface LocalFile {
  key: FileKey;
  isInCatalogue: boolean;
}

/** Checks a file of the store against its manifest: NO_FILE or CHECKSUM_MISMATCH. Remembers the sha1 of a file until its size or time changes. */
export class FileCheck {
  /** By the name of the key. */
  readonly #sha1s = new BoundedCache<string, { stamp: string; sha1: string }>({ max: MAX_SHA1S });

  constructor(private readonly store: FileStore) {}

  /** Null when nothing is wrong. */
  async problemOf({ files }: ImgManifest, { key, isInCatalogue }: LocalFile): Promise<string | null> {
    const stored = await this.store.statFile(key);
    if (stored === null) return 'NO_FILE';
    const [file] = files;
    if (stored.size !== file?.size) return 'CHECKSUM_MISMATCH';
    if (stored.size > MAX_HASHED_BYTES || isInCatalogue) return null;
    const sha1 = await this.#sha1Of(key, `${stored.size} ${stored.modifiedAt.getTime()}`);
    return sha1 === null || sha1 === file.sha1.toLowerCase() ? null : 'CHECKSUM_MISMATCH';
  }

  async #sha1Of(key: FileKey, stamp: string): Promise<string | null> {
    const name = nameOfKey(key);
    const known = this.#sha1s.get(name);
    if (known?.stamp === stamp) return known.sha1;
    const bytes = await this.store.readFile(key);
    if (bytes === null) return null;
    const { sha1 } = await digestStream(bytes);
    this.#sha1s.set(name, { stamp, sha1 });
    return sha1;
  }
}
