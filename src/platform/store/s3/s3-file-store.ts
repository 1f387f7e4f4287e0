import { Readable } from 'node:stream';
import { NoAnswer, withinTime } from '../../scheduling/within-time.js';
import { type AttemptKey, type FileKey, nameOfKey } from '../file-key.js';
import { type ByteRange, type FileDraft, FileStoreMissing, type FileStore, MANIFEST_LIMIT_BYTES, manifestTooLong, type OpenFile, type StoredFile } from '../file-store.js';
import { noRoom } from '../free-space.js';
import type { StoreIdentity } from '../store-identity.js';
import type { S3Services } from './draft/earlier-attempt.js';
import { persist } from './persist.js';
import { readObject, readSmallObject, sendChunks } from './read-object.js';
import { S3Failure } from './s3-failure.js';
import { S3FileDraft } from './draft/s3-file-draft.js';
import { nameOfS3, type S3Location } from './s3-location.js';
import type { S3Body } from './s3-objects.js';

const CHECK_MS = 10_000;
/** What could be written a moment ago is not written again for each change. */
const CHECKED_FOR_MS = 5000;
/** Long enough for a clock that differs, and for a client that connects slowly; a transfer that has begun goes on. */
const REDIRECT_SECONDS = 300;
const ABANDONED_AFTER_MS = 7 * 24 * 3600 * 1000;

/**
 * Stores images in a bucket of an object storage, in the layout of FileStore. Each object is whole or not there. Everything that lists
 * or changes the store demands its identity first, as IMAGE_STORE may name the bucket of another gateway.
 */
export class S3FileStore implements FileStore {
  readonly #location: S3Location;
  #checkedAt = -Infinity;

  constructor(
    private readonly services: S3Services,
    /** Null: any bucket is accepted. */
    private readonly identity: StoreIdentity | null,
  ) {
    this.#location = services.objects.bucket.location;
  }

  async check(): Promise<void> {
    await withinTime(CHECK_MS, this.#reachAndWrite(), () => {
      throw new S3Failure(this.#location, new NoAnswer(CHECK_MS));
    });
  }

  async reach(): Promise<void> {
    await this.services.objects.demandBucket();
    await this.identity?.compare();
  }

  async requireRoom(): Promise<void> {
    // An object storage does not tell how much more it takes.
  }

  async explainFaults<T>(bytesNeeded: number | null, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof S3Failure && error.isFull)) throw error;
      throw noRoom(nameOfS3(this.#location), bytesNeeded, null, { cause: error });
    }
  }

  async listPairs(): Promise<string[]> {
    const uuids = new Set<string>();
    for await (const named of this.#list()) {
      if ('emptyFolder' in named) uuids.add(named.emptyFolder);
      else if ('key' in named && named.key.attempt === null) uuids.add(named.key.uuid);
    }
    return [...uuids].sort();
  }

  async listMisnamed(): Promise<string[]> {
    const names = new Set<string>();
    for await (const named of this.#list()) if ('misnamed' in named) names.add(named.misnamed);
    return [...names].sort();
  }

  async *listAttempts(uuid?: string): AsyncGenerator<AttemptKey> {
    await this.identity?.demand();
    const { uploads, objects, keys } = this.services;
    const prefix = uuid === undefined ? keys.prefix : keys.folder(uuid);
    const open = new Set<string>();
    for await (const { name } of uploads.list(prefix)) {
      const key = keys.attemptOf(name);
      if (key === null || open.has(nameOfKey(key))) continue;
      open.add(nameOfKey(key));
      yield key;
    }
    // Objects come in the order of their names, so those of one attempt follow each other.
    let last = '';
    for await (const { name } of objects.list(prefix)) {
      const key = keys.attemptOf(name);
      if (key === null || nameOfKey(key) === last || open.has(nameOfKey(key))) continue;
      last = nameOfKey(key);
      yield key;
    }
  }

  async readManifest(key: FileKey): Promise<string | null> {
    const bytes = await readSmallObject(this.services.objects, this.services.keys.object(key, 'manifest'), MANIFEST_LIMIT_BYTES);
    if (bytes === null) return null;
    if (bytes.length <= MANIFEST_LIMIT_BYTES) return bytes.toString('utf8');
    throw manifestTooLong(key);
  }

  async writeManifest(key: FileKey, text: string): Promise<void> {
    const { objects, keys } = this.services;
    await persist(async () => {
      await this.identity?.demand();
      if ((await objects.head(keys.object(key, 'file'))) === null) throw new FileStoreMissing(key, 'file');
      await objects.put(keys.object(key, 'manifest'), text);
    });
  }

  async statFile(key: FileKey): Promise<StoredFile | null> {
    const object = await this.services.objects.head(this.services.keys.object(key, 'file'));
    return object === null ? null : { size: object.size, modifiedAt: object.modifiedAt };
  }

  async readFile(key: FileKey, range?: ByteRange): Promise<Readable | null> {
    const name = this.services.keys.object(key, 'file');
    const object = await persist(async () => this.services.objects.head(name));
    if (object === null) return null;
    const asked = { start: range?.start ?? 0, end: Math.min(range?.end ?? Infinity, object.size - 1) };
    return Readable.from(readObject(this.services.objects, { name, etag: object.etag, range: asked }), { objectMode: false });
  }

  async openFile(key: FileKey, range?: ByteRange): Promise<OpenFile | null> {
    const { objects, keys } = this.services;
    const name = keys.object(key, 'file');
    let first: S3Body | null = null;
    if (range !== undefined && range.end >= range.start) first = await objects.get(name, { range });
    const etag = first === null ? (await objects.head(name))?.etag : first.etag;
    if (etag === undefined) return null;
    return {
      sendTo: async (sink, sent) => {
        const isFirst = first !== null && sent.start === range?.start && sent.end === range.end;
        if (!isFirst) first?.body.destroy();
        try {
          await sendChunks((signal) => readObject(objects, { name, etag, range: sent, signal }, isFirst ? first : null), sink);
        } finally {
          // Nobody has begun to read it if the receiver was gone already.
          first?.body.destroy();
        }
      },
      close: async () => void first?.body.destroy(),
    };
  }

  async redirectTo(key: FileKey): Promise<string | null> {
    return this.#location.redirects ? this.services.objects.presign(this.services.keys.object(key, 'file'), REDIRECT_SECONDS) : null;
  }

  async openDraft(key: FileKey): Promise<FileDraft> {
    await persist(async () => this.identity?.demand());
    return S3FileDraft.open(this.services, key);
  }

  async remove(key: FileKey): Promise<void> {
    await this.identity?.demand();
    const { objects, uploads, keys } = this.services;
    const name = keys.object(key, 'file');
    await objects.delete(name);
    await objects.delete(keys.object(key, 'manifest'));
    if (key.attempt === null) await objects.delete(keys.folder(key.uuid));
    for await (const upload of uploads.list(name)) if (upload.name === name) await uploads.abort(upload);
  }

  /** There are no drafts of manifests; what is left are uploads of pairs by hand, or by a copy, that nobody goes on with, and of files that are there. */
  async sweep(): Promise<string[]> {
    await this.identity?.demand();
    const { uploads, objects, keys } = this.services;
    const swept: string[] = [];
    for await (const upload of uploads.list(keys.prefix)) {
      const named = keys.parse(upload.name);
      if (named === null || !('key' in named) || Date.now() - upload.begunAt.getTime() < ABANDONED_AFTER_MS) continue;
      if (named.key.attempt !== null && (await objects.head(upload.name)) === null) continue;
      await uploads.abort(upload);
      swept.push(upload.name.slice(keys.prefix.length));
    }
    return swept.sort();
  }

  async #reachAndWrite(): Promise<void> {
    const { objects, keys } = this.services;
    await (this.identity === null ? objects.demandBucket() : this.identity.demand());
    if (Date.now() - this.#checkedAt < CHECKED_FOR_MS) return;
    const probe = keys.atRoot('.write-probe');
    try {
      await objects.put(probe, 'probe');
    } catch (error) {
      // Images can still be deleted from a full store.
      if (!(error instanceof S3Failure && error.isFull)) throw error;
    }
    await objects.delete(probe);
    this.#checkedAt = Date.now();
  }

  async *#list() {
    await this.identity?.demand();
    const { objects, keys } = this.services;
    for await (const { name } of objects.list(keys.prefix)) {
      const named = keys.parse(name);
      if (named !== null) yield named;
    }
  }
}
