import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { badInput } from '../errors.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const PUBLISHED = new RegExp(`^${UUID}$`);
const PARTIAL = new RegExp(`^(${UUID})\\.partial$`);
const REMOVED = new RegExp(`^${UUID}\\.removed-[0-9a-f]+$`);
const MANIFEST_DRAFT = new RegExp(`^${UUID}\\.manifest-[0-9a-f]+$`);

/** Paths inside a local image store. No other code makes a path from a uuid, and this one refuses any text that is not a uuid. */
export class StoreLayout {
  constructor(readonly root: string) {}

  published(uuid: string): string {
    return join(this.root, asUuid(uuid));
  }

  partial(uuid: string): string {
    return join(this.root, `${asUuid(uuid)}.partial`);
  }

  /** A new name for each removal, since the same image may be removed, imported and removed again. */
  removed(uuid: string): string {
    return join(this.root, `${asUuid(uuid)}.removed-${randomBytes(6).toString('hex')}`);
  }

  /** Next to the image's folder and not in it, so that `sweep` can delete it after a crash. */
  manifestDraft(uuid: string): string {
    return join(this.root, `${asUuid(uuid)}.manifest-${randomBytes(6).toString('hex')}`);
  }
}

/** Whether a name in the store is that of a published image: a lower-case uuid. */
export function isUuid(name: string): boolean {
  return PUBLISHED.test(name);
}

/** Whether a name is a uuid with capital letters, which the store does not take for the image of that uuid. */
export function isMisnamedUuid(name: string): boolean {
  return !isUuid(name) && isUuid(name.toLowerCase());
}

/** The uuid in the name of a partial's folder, null for every other name. */
export function uuidOfPartial(name: string): string | null {
  return PARTIAL.exec(name)?.[1] ?? null;
}

/** Whether this is a removed image whose bytes are not deleted yet. */
export function isRemoved(name: string): boolean {
  return REMOVED.test(name);
}

/** Whether this is a manifest that has not yet replaced the one in the image's folder. */
export function isManifestDraft(name: string): boolean {
  return MANIFEST_DRAFT.test(name);
}

function asUuid(uuid: string): string {
  if (!isUuid(uuid)) {
    const message = `${JSON.stringify(uuid).slice(0, 80)} is not a uuid; 8-4-4-4-12 lower-case hexadecimal digits are accepted.`;
    throw badInput([{ path: 'uuid', message }]);
  }
  return uuid;
}
