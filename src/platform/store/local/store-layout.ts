import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { demandKey, type FileKey, isUuid, nameOfKey } from '../file-key.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const PARTIAL = new RegExp(`^(${UUID})\\.partial$`);
const REMOVED = new RegExp(`^${UUID}\\.removed-[0-9a-f]+$`);
const MANIFEST_DRAFT = new RegExp(`^${UUID}\\.manifest-[0-9a-f]+$`);

/** Where the bytes of a draft are, and where they are once it is sealed. */
export interface DraftPaths {
  /** The folder of the unfinished file. */
  folder: string;
  unfinished: string;
  /** The folder that `sealed` and `manifest` are in. */
  sealedFolder: string;
  sealed: string;
  manifest: string;
}

/** Paths inside a local image store. No other code makes a path from a key, and this one refuses any text that is none. */
export class StoreLayout {
  constructor(readonly root: string) {}

  /** The folder of all files of an image. */
  image(uuid: string): string {
    return this.folder({ uuid, attempt: null });
  }

  /** The folder of the file and the manifest of a key; for a pair, that of the image. */
  folder(key: FileKey): string {
    demandKey(key);
    return join(this.root, nameOfKey(key));
  }

  /** An attempt has its unfinished file in its own folder; a pair has it beside the folder of the image, which readers take for the pair. */
  draft(key: FileKey): DraftPaths {
    const sealedFolder = this.folder(key);
    const folder = key.attempt === null ? this.partial(key.uuid) : sealedFolder;
    const unfinished = join(folder, key.attempt === null ? 'file' : UNFINISHED);
    return { folder, unfinished, sealedFolder, sealed: join(sealedFolder, 'file'), manifest: join(sealedFolder, 'manifest') };
  }

  /** The folder of the unfinished file of a pair. Earlier versions downloaded into it. */
  partial(uuid: string): string {
    return `${this.image(uuid)}.partial`;
  }

  /** A new name for each removal, since the same image may be removed, imported and removed again. */
  removed(uuid: string): string {
    return `${this.image(uuid)}.removed-${randomBytes(6).toString('hex')}`;
  }

  /** Next to the image's folder and not in it, so that `sweep` can delete it after a crash. */
  manifestDraft(uuid: string): string {
    return `${this.image(uuid)}.manifest-${randomBytes(6).toString('hex')}`;
  }
}

/** The name of the file of an attempt before it is sealed. */
export const UNFINISHED = 'unfinished';

/** Whether a name is a uuid with capital letters, which the store does not take for the image of that uuid. */
export function isMisnamedUuid(name: string): boolean {
  return !isUuid(name) && isUuid(name.toLowerCase());
}

/** The uuid in the name of the folder of a pair's unfinished file, null for every other name. */
export function uuidOfPartial(name: string): string | null {
  return PARTIAL.exec(name)?.[1] ?? null;
}

/** Whether this is a removed file whose bytes are not deleted yet. */
export function isRemoved(name: string): boolean {
  return REMOVED.test(name);
}

/** Whether this is a manifest that has not yet replaced the one in the image's folder. */
export function isManifestDraft(name: string): boolean {
  return MANIFEST_DRAFT.test(name);
}
