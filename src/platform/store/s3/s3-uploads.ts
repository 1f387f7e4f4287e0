import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand, UploadPartCommand, UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { ByteRange } from '../file-store.js';
import type { S3Bucket } from './s3-bucket.js';
import { md5Of } from './s3-objects.js';

/** An upload in parts that is not complete. */
export interface S3Upload {
  /** The name that the object is going to have. */
  name: string;
  id: string;
  begunAt: Date;
}

/** A part of an upload. */
export interface S3Part {
  /** From 1 on. */
  number: number;
  etag: string;
  /** Bytes. */
  size: number;
}

/** The object that a part is copied from. */
export interface CopySource {
  name: string;
  etag: string;
}

const TYPE = 'application/octet-stream';
const PART_MS = 300_000;
/** Some servers join the parts only now. */
const COMPLETE_MS = 900_000;

/** The bucket, asked for uploads in parts. */
export class S3Uploads {
  constructor(private readonly bucket: S3Bucket) {}

  async begin(name: string): Promise<S3Upload> {
    const begun = await this.bucket.ask(async (client, options) => client.send(new CreateMultipartUploadCommand({ Bucket: this.bucket.bucket, Key: name, ContentType: TYPE }), options));
    return { name, id: begun.UploadId ?? '', begunAt: new Date() };
  }

  /** The server compares the bytes with their MD5. */
  async putPart(upload: S3Upload, number: number, bytes: Buffer, signal: AbortSignal): Promise<S3Part> {
    const part = { ...this.#of(upload), PartNumber: number, Body: bytes, ContentMD5: md5Of(bytes) };
    const put = await this.bucket.ask(async (client, options) => client.send(new UploadPartCommand(part), options), PART_MS, signal);
    return { number, etag: put.ETag ?? '', size: bytes.length };
  }

  /** Copies a range of an object within the storage; some servers do not look at the etag. */
  async copyPart(upload: S3Upload, number: number, { name, etag }: CopySource, { start, end }: ByteRange): Promise<S3Part> {
    const source = `${this.bucket.bucket}/${name.split('/').map(encodeURIComponent).join('/')}`;
    const part = { ...this.#of(upload), PartNumber: number, CopySource: source, CopySourceRange: `bytes=${start}-${end}`, CopySourceIfMatch: etag };
    const copied = await this.bucket.ask(async (client, options) => client.send(new UploadPartCopyCommand(part), options), COMPLETE_MS);
    return { number, etag: copied.CopyPartResult?.ETag ?? '', size: end - start + 1 };
  }

  /** Makes an object of the parts. The server compares their etags. */
  async complete(upload: S3Upload, parts: readonly S3Part[]): Promise<void> {
    const list = { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) };
    await this.bucket.ask(async (client, options) => client.send(new CompleteMultipartUploadCommand({ ...this.#of(upload), MultipartUpload: list }), options), COMPLETE_MS);
  }

  /** Drops an upload with its parts. Nothing there: does nothing. */
  async abort(upload: S3Upload): Promise<void> {
    await this.bucket.askOrNull(async (client, options) => client.send(new AbortMultipartUploadCommand(this.#of(upload)), options));
  }

  /** The parts of an upload, in their order; null when it is complete or dropped. */
  async parts(upload: S3Upload): Promise<S3Part[] | null> {
    const parts: S3Part[] = [];
    for (let marker: string | undefined; ; ) {
      const page = await this.bucket.askOrNull(async (client, options) => client.send(new ListPartsCommand({ ...this.#of(upload), PartNumberMarker: marker }), options));
      if (page === null) return null;
      for (const { PartNumber, ETag, Size } of page.Parts ?? []) parts.push({ number: PartNumber ?? 0, etag: ETag ?? '', size: Size ?? 0 });
      marker = page.NextPartNumberMarker;
      if (page.IsTruncated !== true || marker === undefined) return parts.sort((one, other) => one.number - other.number);
    }
  }

  /** Open uploads to names that begin like this. Some servers list only those to exactly this name. */
  async *list(prefix: string): AsyncGenerator<S3Upload> {
    for (let [key, id]: [string | undefined, string | undefined] = [undefined, undefined]; ; ) {
      const page = await this.bucket.ask(async (client, options) =>
        client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket.bucket, Prefix: prefix, KeyMarker: key, UploadIdMarker: id }), options),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (Key !== undefined && UploadId !== undefined) yield { name: Key, id: UploadId, begunAt: Initiated ?? new Date() };
      }
      [key, id] = [page.NextKeyMarker, page.NextUploadIdMarker];
      if (page.IsTruncated !== true || key === undefined) return;
    }
  }

  #of({ name, id }: S3Upload): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: this.bucket.bucket, Key: name, UploadId: id };
  }
}
