import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { badInput } from '../errors.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const PUBLISHED = new RegExp(`^${UUID}$`);
const PARTIAL = new RegExp(`^(${UUID})\\.partial$`);
const REMOVED = new RegExp(`^${UUID}\\.removed-[0-9a-f]+$`);
const MANIFEST_DRAFT = new RegExp(`^${UUID}\\.manifest-[0-9a-f]+$`);

/** The names inside an image store on disk; the only place where a uuid becomes a path, and it refuses anything else. */
export class StoreLayout {
  constructor(readonly root: string) {}

  published(uuid: string): string {
    return join(this.root, asUuid(uuid));
  }

  partial(uuid: string): string {
    return join(this.root, `${asUuid(uuid)}.partial`);
  }

  /** A name of its own for each removal: the same image may be removed, imported and removed again. */
  removed(uuid: string): string {
    return join(this.root, `${asUuid(uuid)}.removed-${randomBytes(6).toString('hex')}`);
  }

  /** Beside the image's folder, not inside: there `sweep` may delete it after a crash. */
  manifestDraft(uuid: string): string {
    return join(this.root, `${asUuid(uuid)}.manifest-${randomBytes(6).toString('hex')}`);
  }
}

export function isUuid(name: string): boolean {
  return PUBLISHED.test(name);
}

/** The uuid in the name of a partial's folder, null for every other name. */
export function uuidOfPartial(name: string): string | null {
  return PARTIAL.exec(name)?.[1] ?? null;
}

/** An image that was renamed away and whose bytes are still there. */
export function isRemoved(name: string): boolean {
  return REMOVED.test(name);
}

/** A manifest that was not renamed into its place yet. */
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
