import { digestStream } from '../../images/import/download/verify.js';
import type { ImgManifest } from '../../imgapi/manifest.js';
import type { FileStore } from '../../platform/store/file-store.js';

/** Larger files are hashed at their import only: a load must not read disks for hours. */
const LARGEST_HASHED_BYTES = 256 * 1024 * 1024;

/**
 * Says what is wrong with a file that lies in the store: NO_FILE or CHECKSUM_MISMATCH. The sha1 of a file is computed once
 * and again when it changes; never for images of the catalogue, which were verified when they came there.
 */
export class FileCheck {
  readonly #sha1s = new Map<string, { stamp: string; sha1: string }>();

  constructor(
    private readonly store: FileStore,
    private readonly isKnown: (uuid: string) => Promise<boolean>,
  ) {}

  async problemOf({ uuid, files }: ImgManifest): Promise<string | null> {
    const stored = await this.store.statFile(uuid);
    if (stored === null) return 'NO_FILE';
    const [file] = files;
    if (stored.size !== file?.size) return 'CHECKSUM_MISMATCH';
    if (stored.size > LARGEST_HASHED_BYTES || (await this.isKnown(uuid))) return null;
    const sha1 = await this.#sha1Of(uuid, `${stored.size} ${stored.modifiedAt.getTime()}`);
    return sha1 === null || sha1 === file.sha1.toLowerCase() ? null : 'CHECKSUM_MISMATCH';
  }

  async #sha1Of(uuid: string, stamp: string): Promise<string | null> {
    const before = this.#sha1s.get(uuid);
    if (before?.stamp === stamp) return before.sha1;
    const bytes = await this.store.readFile(uuid);
    if (bytes === null) return null;
    const { sha1 } = await digestStream(bytes);
    this.#sha1s.set(uuid, { stamp, sha1 });
    return sha1;
  }
}
