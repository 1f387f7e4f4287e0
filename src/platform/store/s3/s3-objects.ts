import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Readable } from 'node:stream';
import type { ByteRange } from '../file-store.js';
import { eachEntry, nextMarker } from './pages.js';
import type { S3Bucket } from './s3-bucket.js';
import { S3Failure } from './s3-failure.js';

/** An object, without its bytes. */
export interface S3Object {
  /** Names these bytes: another upload under the same name has another one. */
  etag: string;
  /** Bytes. */
  size: number;
  modifiedAt: Date;
}

/** The bytes of an object. Who gets them reads them to the end or destroys the stream. */
export interface S3Body {
  body: Readable;
  /** Bytes; null where the answer does not say. */
  size: number | null;
  etag: string;
}

const TYPE = 'application/octet-stream';

/** The bucket, asked for objects by their whole names. */
export class S3Objects {
  constructor(readonly bucket: S3Bucket) {}

  /** Throws S3Failure unless there is a bucket that may be used. */
  async demandBucket(): Promise<void> {
    await this.bucket.ask(async (client, options) => client.send(new HeadBucketCommand({ Bucket: this.bucket.bucket }), options));
  }

  async head(name: string): Promise<S3Object | null> {
    const found = await this.bucket.askOrNull(async (client, options) => client.send(new HeadObjectCommand(this.#named(name)), options));
    return found === null ? null : { etag: found.ETag ?? '', size: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) };
  }

  /** The bytes of an object, as they come; null when it is not there. With an etag, only if it still is that object, else S3Failure. */
  async get(name: string, { range, etag }: { range?: ByteRange | undefined; etag?: string | undefined } = {}): Promise<S3Body | null> {
    const asked = {
      ...this.#named(name),
      ...(range !== undefined && { Range: `bytes=${range.start}-${range.end}` }),
      ...(etag !== undefined && etag !== '' && { IfMatch: etag }),
    };
    const found = await this.bucket.askOrNull(async (client, options) => client.send(new GetObjectCommand(asked), options));
    if (found === null) return null;
    // In Node, the body is the response itself.
    const body = found.Body as unknown as Readable;
    const size = found.ContentLength ?? null;
    if (range === undefined || isAnswerTo(range, size, found.ContentRange)) return { body, size, etag: found.ETag ?? '' };
    body.destroy();
    throw new S3Failure(this.bucket.location, new Error(`it answered with ${found.ContentRange ?? `${size} bytes`} for the range ${range.start}-${range.end}`));
  }

  /** Writes a whole object; with `ifAbsent` only if there is none, and false if there is one. A server that knows no such condition writes it. */
  async put(name: string, body: Buffer | string, { ifAbsent = false } = {}): Promise<boolean> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const put = { ...this.#named(name), Body: bytes, ContentType: TYPE, ContentMD5: md5Of(bytes) };
    const send = async (condition: { IfNoneMatch?: string }): Promise<unknown> =>
      this.bucket.send(async (client, options) => client.send(new PutObjectCommand({ ...put, ...condition }), options));
    try {
      await send(ifAbsent ? { IfNoneMatch: '*' } : {});
    } catch (error) {
      if (!ifAbsent || !(error instanceof S3Failure)) throw error;
      // 412: there is one. 409: another one is being written.
      if (error.status === 412 || error.status === 409) return false;
      if (!error.isUnknownRequest && error.status !== 400) throw error;
      await send({});
    }
    return true;
  }

  /** Nothing there: does nothing. */
  async delete(name: string): Promise<void> {
    await this.bucket.askOrNull(async (client, options) => client.send(new DeleteObjectCommand(this.#named(name)), options));
  }

  /** All objects whose names begin like this, in the order of their names. */
  list(prefix: string): AsyncGenerator<{ name: string; size: number }> {
    const Bucket = this.bucket.bucket;
    return eachEntry(this.bucket.location, async ([token, after]) => {
      // XML has no way to write some characters that a name may have.
      const asked = { Bucket, Prefix: prefix, ContinuationToken: token, StartAfter: after, EncodingType: 'url' as const };
      const page = await this.bucket.ask(async (client, options) => client.send(new ListObjectsV2Command(asked), options));
      const isEncoded = page.EncodingType === 'url';
      const entries = (page.Contents ?? []).flatMap(({ Key, Size }) => (Key === undefined ? [] : [{ name: isEncoded ? decodeName(Key) : Key, size: Size ?? 0 }]));
      const next = page.NextContinuationToken === undefined ? nextMarker(page.IsTruncated, undefined, entries.at(-1)?.name) : nextMarker(page.IsTruncated, page.NextContinuationToken);
      return { entries, next };
    });
  }

  /** A URL at which anybody can fetch this object for a while. */
  async presign(name: string, seconds: number): Promise<string> {
    return this.bucket.ask(async (client) => getSignedUrl(client, new GetObjectCommand({ ...this.#named(name), ResponseContentType: TYPE }), { expiresIn: seconds }));
  }

  #named(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket.bucket, Key: name };
  }
}

/** A proxy may leave out the length, and a server that knows no ranges sends the whole object. */
function isAnswerTo({ start, end }: ByteRange, size: number | null, contentRange: string | undefined): boolean {
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(contentRange ?? '') ?? [];
  const isSize = size === end - start + 1;
  return first === undefined ? isSize : (isSize || size === null) && Number(first) === start && Number(last) === end;
}

/** As Content-MD5 has it. */
export function md5Of(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('base64');
}

/** A name as a list in URL encoding has it. */
export function decodeName(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
