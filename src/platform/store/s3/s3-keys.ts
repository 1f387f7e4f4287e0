import { type AttemptKey, demandKey, type FileKey, isUuid, nameOfKey, parseAttempt } from '../file-key.js';

/** The two objects of a key. */
export type ObjectKind = 'file' | 'manifest';

/** What an object in the store is, by its name. */
export type NamedObject = { key: FileKey; kind: ObjectKind } | { misnamed: string } | { emptyFolder: string };

/** Names of objects below the prefix of a store. No other code makes one from a uuid. */
export class S3Keys {
  constructor(readonly prefix: string) {}

  object(key: FileKey, kind: ObjectKind): string {
    demandKey(key);
    return `${this.prefix}${nameOfKey(key)}/${kind}`;
  }

  /** What the objects of an image begin with; an object of this name marks an empty folder. */
  folder(uuid: string): string {
    demandKey({ uuid, attempt: null });
    return `${this.prefix}${uuid}/`;
  }

  /** What the objects of all attempts of a task for an image begin with. */
  attemptsOf(uuid: string, taskId: string): string {
    demandKey({ uuid, attempt: `${taskId}-1` });
    return `${this.prefix}${uuid}/${taskId}-`;
  }

  /** An object at the root of the store. */
  atRoot(name: '.store-id' | '.write-probe'): string {
    return `${this.prefix}${name}`;
  }

  /** Null for the name of something that is not ours. */
  parse(name: string): NamedObject | null {
    if (!name.startsWith(this.prefix)) return null;
    const [uuid = '', second, third, ...rest] = name.slice(this.prefix.length).split('/');
    if (second === undefined || rest.length > 0) return null;
    if (!isUuid(uuid)) return isUuid(uuid.toLowerCase()) ? { misnamed: uuid } : null;
    if (third !== undefined) return parseAttempt(second) === null || !isKind(third) ? null : { key: { uuid, attempt: second }, kind: third };
    // The tools of some servers mark a folder by an object with its name.
    if (second === '') return { emptyFolder: uuid };
    return isKind(second) ? { key: { uuid, attempt: null }, kind: second } : null;
  }

  /** The attempt that an object belongs to; null if it is of a pair, or not ours. */
  attemptOf(name: string): AttemptKey | null {
    const named = this.parse(name);
    if (named === null || !('key' in named)) return null;
    const { uuid, attempt } = named.key;
    return attempt === null ? null : { uuid, attempt };
  }
}

function isKind(text: string): text is ObjectKind {
  return text === 'file' || text === 'manifest';
}
