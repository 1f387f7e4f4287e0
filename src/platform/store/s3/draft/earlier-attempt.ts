import { type AttemptKey, parseAttempt } from '../../file-key.js';
import { completeUpload } from './complete-upload.js';
import { S3Failure } from '../s3-failure.js';
import type { S3Keys } from '../s3-keys.js';
import type { S3Objects } from '../s3-objects.js';
import type { S3Part, S3Upload, S3Uploads } from '../s3-uploads.js';

/** What drafts and stores are made of. */
export interface S3Services {
  objects: S3Objects;
  uploads: S3Uploads;
  keys: S3Keys;
}

/** The bytes that an earlier attempt brought, as an object that can be read and copied. */
export interface EarlierFile {
  key: AttemptKey;
  name: string;
  etag: string;
  modifiedAt: Date;
  /** How many of its first bytes are those of the file. */
  size: number;
}

/** What an attempt left: an object, or an upload that is not complete. */
interface Leftover {
  key: AttemptKey;
  name: string;
  size: number;
  upload: { upload: S3Upload; parts: readonly S3Part[] } | null;
}

/** The parts of a living attempt may become more between two requests. */
const MOST_TRIES = 5;
/** Attempts before this one whose uploads are asked for one by one. */
const MOST_ASKED_FOR = 8;

/**
 * Finds what earlier attempts of a task left, makes an object of the longest, and removes the others. An earlier attempt that is frozen
 * and wakes can add nothing to it: its upload is complete or dropped. Null where there is nothing.
 */
export async function findEarlierFile(services: S3Services, key: AttemptKey): Promise<EarlierFile | null> {
  const found = (await leftovers(services, key)).sort((one, other) => other.size - one.size);
  let earlier: EarlierFile | null = null;
  for (const leftover of found) {
    if (earlier === null && leftover.size > 0) earlier = await asObject(services, leftover);
    else await drop(services, leftover, earlier?.name ?? null);
  }
  return earlier;
}

/** Removes what an earlier attempt brought, when another one has all of it. */
export async function removeEarlierFile({ objects, keys }: S3Services, { key }: EarlierFile): Promise<void> {
  await objects.delete(keys.object(key, 'file'));
  await objects.delete(keys.object(key, 'manifest'));
}

async function leftovers({ objects, uploads, keys }: S3Services, own: AttemptKey): Promise<Leftover[]> {
  const attempt = parseAttempt(own.attempt);
  if (attempt === null) return [];
  const prefix = keys.attemptsOf(own.uuid, attempt.taskId);
  const isUpToOwn = (key: AttemptKey): boolean => (parseAttempt(key.attempt)?.number ?? Infinity) <= attempt.number;
  const found: Leftover[] = [];
  for await (const { name, size } of objects.list(prefix)) {
    const key = keys.attemptOf(name);
    if (key !== null && isUpToOwn(key) && name.endsWith('/file')) found.push({ key, name, size, upload: null });
  }
  for (const upload of await uploadsOf({ uploads, keys }, own, prefix)) {
    const key = keys.attemptOf(upload.name);
    if (key === null || !isUpToOwn(key)) continue;
    const parts = await uploads.parts(upload);
    if (parts !== null) found.push({ key, name: upload.name, size: gaplessBytes(parts), upload: { upload, parts } });
  }
  return found;
}

/** Some servers list uploads only by the whole name of the object. */
async function uploadsOf({ uploads, keys }: Pick<S3Services, 'uploads' | 'keys'>, own: AttemptKey, prefix: string): Promise<S3Upload[]> {
  const listed = await collected(uploads.list(prefix));
  const attempt = parseAttempt(own.attempt);
  if (listed.length > 0 || attempt === null) return listed;
  const numbers = Array.from({ length: Math.min(MOST_ASKED_FOR, attempt.number) }, (_, before) => attempt.number - before);
  const names = numbers.map((number) => keys.object({ uuid: own.uuid, attempt: `${attempt.taskId}-${number}` }, 'file'));
  return (await Promise.all(names.map(async (name) => collected(uploads.list(name))))).flat();
}

async function collected(uploads: AsyncIterable<S3Upload>): Promise<S3Upload[]> {
  const all: S3Upload[] = [];
  for await (const upload of uploads) all.push(upload);
  return all;
}

/** Several parts are on their way at once, so one may be missing before the last. */
function gaplessBytes(parts: readonly S3Part[]): number {
  const firstGap = parts.findIndex(({ number }, at) => number !== at + 1);
  return parts.slice(0, firstGap === -1 ? undefined : firstGap).reduce((bytes, { size }) => bytes + size, 0);
}

/** Null when it is gone meanwhile, or the server refuses to make an object of it. */
async function asObject(services: S3Services, { key, name, size, upload }: Leftover): Promise<EarlierFile | null> {
  const bytes = upload === null ? size : await complete(services, upload);
  if (bytes === 0) return null;
  const object = await services.objects.head(name);
  return object === null ? null : { key, name, etag: object.etag, modifiedAt: object.modifiedAt, size: Math.min(bytes, object.size) };
}

/** How many bytes of the object are of the file. Some servers demand that all parts are named, also those after a gap. */
async function complete(services: S3Services, { upload, parts }: { upload: S3Upload; parts: readonly S3Part[] }): Promise<number> {
  const { uploads } = services;
  let known: readonly S3Part[] | null = parts;
  for (let tries = 1; known !== null && known.length > 0 && tries <= MOST_TRIES; tries += 1) {
    try {
      await completeUpload(services, upload, known);
      return gaplessBytes(known);
    } catch (error) {
      if (!(error instanceof S3Failure) || error.mayPass || error.status >= 500 || error.status === 403) throw error;
    }
    known = await uploads.parts(upload);
  }
  await uploads.abort(upload);
  return 0;
}

async function drop({ objects, uploads, keys }: S3Services, { key, name, upload }: Leftover, chosen: string | null): Promise<void> {
  if (upload !== null) return uploads.abort(upload.upload);
  // What was chosen may have been an upload to the same name, which has replaced this object.
  if (name === chosen) return;
  await objects.delete(name);
  await objects.delete(keys.object(key, 'manifest'));
}
