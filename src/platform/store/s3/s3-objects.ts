import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Readable } from 'node:stream';
import type { ByteRange } from '../file-store.js';
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
  etag: string;
}

const TYPE = 'application/octet-stream';
const LARGE_PUT_MS = 300_000;

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
    const [body, length] = [found.Body as unknown as Readable, found.ContentLength ?? 0];
    if (range === undefined || length === range.end - range.start + 1) return { body, etag: found.ETag ?? '' };
    body.destroy();
    throw new S3Failure(this.bucket.location, new Error(`it answered with ${length} bytes for the range ${range.start}-${range.end}`));
  }

  /** Writes a whole object; with `ifAbsent` only if there is none, and false if there is one. A server that cannot tell writes it. */
  async put(name: string, body: Buffer | string, { ifAbsent = false } = {}): Promise<boolean> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const put = { ...this.#named(name), Body: bytes, ContentType: TYPE, ContentMD5: md5Of(bytes) };
    const send = async (condition: { IfNoneMatch?: string }): Promise<unknown> =>
      this.bucket.ask(async (client, options) => client.send(new PutObjectCommand({ ...put, ...condition }), options), LARGE_PUT_MS);
    try {
      await send(ifAbsent ? { IfNoneMatch: '*' } : {});
    } catch (error) {
      if (!ifAbsent || !(error instanceof S3Failure)) throw error;
      // 412: there is one. 409: another one is being written.
      if (error.status === 412 || error.status === 409) return false;
      if (!error.isUnknownRequest) throw error;
      await send({});
    }
    return true;
  }

  /** Nothing there: does nothing. */
  async delete(name: string): Promise<void> {
    await this.bucket.askOrNull(async (client, options) => client.send(new DeleteObjectCommand(this.#named(name)), options));
  }

  /** All objects whose names begin like this, in the order of their names. */
  async *list(prefix: string): AsyncGenerator<{ name: string; size: number }> {
    for (let token: string | undefined; ; ) {
      const page = await this.bucket.ask(async (client, options) =>
        client.send(new ListObjectsV2Command({ Bucket: this.bucket.bucket, Prefix: prefix, ContinuationToken: token }), options),
      );
      for (const { Key, Size } of page.Contents ?? []) if (Key !== undefined) yield { name: Key, size: Size ?? 0 };
      token = page.NextContinuationToken;
      if (page.IsTruncated !== true || token === undefined) return;
    }
  }

  /** A URL at which anybody can fetch this object for a while. */
  async presign(name: string, seconds: number): Promise<string> {
    return this.bucket.ask(async (client) => getSignedUrl(client, new GetObjectCommand({ ...this.#named(name), ResponseContentType: TYPE }), { expiresIn: seconds }));
  }

  #named(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket.bucket, Key: name };
  }
}

/** As Content-MD5 has it. */
export function md5Of(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('base64');
}
