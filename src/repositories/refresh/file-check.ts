import { digestStream } from '../../images/import/download/verify.js';
import type { ImgManifest } from '../../imgapi/manifest.js';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import type { FileStore } from '../../platform/store/file-store.js';

/** Larger files are hashed only when they are imported: a refresh must not read disks for hours. */
const MAX_HASHED_BYTES = 256 * 1024 * 1024;

/** Files beyond these are hashed anew by each refresh. */
const MAX_SHA1S = 100_000;

/**
 * Checks a file of the store against its manifest: NO_FILE or CHECKSUM_MISMATCH. Remembers the sha1 of a file until its size
 * or time changes. Images of the catalogue are not hashed, as their import has verified them.
 */
export class FileCheck {
  /** By uuid. */
  readonly #sha1s = new BoundedCache<string, { stamp: string; sha1: string }>({ max: MAX_SHA1S });

  constructor(
    private readonly store: FileStore,
    private readonly isInCatalogue: (uuid: string) => Promise<boolean>,
  ) {}

  /** Null when nothing is wrong. */
  async problemOf({ uuid, files }: ImgManifest): Promise<string | null> {
    const stored = await this.store.statFile(uuid);
    if (stored === null) return 'NO_FILE';
    const [file] = files;
    if (stored.size !== file?.size) return 'CHECKSUM_MISMATCH';
    if (stored.size > MAX_HASHED_BYTES || (await this.isInCatalogue(uuid))) return null;
    const sha1 = await this.#sha1Of(uuid, `${stored.size} ${stored.modifiedAt.getTime()}`);
    return sha1 === null || sha1 === file.sha1.toLowerCase() ? null : 'CHECKSUM_MISMATCH';
  }

  async #sha1Of(uuid: string, stamp: string): Promise<string | null> {
    const known = this.#sha1s.get(uuid);
    if (known?.stamp === stamp) return known.sha1;
    const bytes = await this.store.readFile(uuid);
    if (bytes === null) return null;
    const { sha1 } = await digestStream(bytes);
    this.#sha1s.set(uuid, { stamp, sha1 });
    return sha1;
  }
}
