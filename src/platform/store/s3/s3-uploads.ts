import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand, UploadPartCommand, UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { ByteRange } from '../file-store.js';
import type { S3Bucket } from './s3-bucket.js';
import { eachEntry, nextMarker, type Page } from './pages.js';
import { S3Failure } from './s3-failure.js';
import { decodeName, md5Of } from './s3-objects.js';

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
/** Some servers join the parts only now. */
const COMPLETE_MS = 900_000;

/** The bucket, asked for uploads in parts. */
export class S3Uploads {
  constructor(private readonly bucket: S3Bucket) {}

  async begin(name: string): Promise<S3Upload> {
    const begun = await this.bucket.ask(async (client, options) => client.send(new CreateMultipartUploadCommand({ Bucket: this.bucket.bucket, Key: name, ContentType: TYPE }), options));
    if (!begun.UploadId) throw new S3Failure(this.bucket.location, new Error('it began an upload without an id'));
    return { name, id: begun.UploadId, begunAt: new Date() };
  }

  /** The server compares the bytes with their MD5. */
  async putPart(upload: S3Upload, number: number, bytes: Buffer, signal: AbortSignal): Promise<S3Part> {
    const part = { ...this.#of(upload), PartNumber: number, Body: bytes, ContentMD5: md5Of(bytes) };
    const put = await this.bucket.send(async (client, options) => client.send(new UploadPartCommand(part), options), signal);
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

  /** The parts of an upload, in their order; null when it is complete or dropped. Empty where the server cannot list them. */
  async parts(upload: S3Upload): Promise<S3Part[] | null> {
    const parts: S3Part[] = [];
    try {
      for await (const part of eachEntry(this.bucket.location, async ([marker]) => this.#pageOfParts(upload, marker))) parts.push(part);
      return parts.sort((one, other) => one.number - other.number);
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error;
      if (error.isAbsent) return null;
      if (error.isUnknownRequest) return [];
      throw error;
    }
  }

  async #pageOfParts(upload: S3Upload, marker: string | undefined): Promise<Page<S3Part>> {
    const page = await this.bucket.ask(async (client, options) => client.send(new ListPartsCommand({ ...this.#of(upload), PartNumberMarker: marker }), options));
    const entries = (page.Parts ?? []).map(({ PartNumber, ETag, Size }) => ({ number: PartNumber ?? 0, etag: ETag ?? '', size: Size ?? 0 }));
    return { entries, next: nextMarker(page.IsTruncated, page.NextPartNumberMarker ?? entries.at(-1)?.number.toString()) };
  }

  /** Open uploads to names that begin like this. Some servers list only those to exactly this name, and some none. */
  async *list(prefix: string): AsyncGenerator<S3Upload> {
    try {
      yield* eachEntry(this.bucket.location, async ([key, id]) => this.#pageOfUploads(prefix, key, id));
    } catch (error) {
      if (!(error instanceof S3Failure && error.isUnknownRequest)) throw error;
    }
  }

  async #pageOfUploads(prefix: string, key: string | undefined, id: string | undefined): Promise<Page<S3Upload>> {
    const asked = { Bucket: this.bucket.bucket, Prefix: prefix, KeyMarker: key, UploadIdMarker: id, EncodingType: 'url' as const };
    const page = await this.bucket.ask(async (client, options) => client.send(new ListMultipartUploadsCommand(asked), options));
    const nameOf = (text: string): string => (page.EncodingType === 'url' ? decodeName(text) : text);
    const entries = (page.Uploads ?? []).flatMap(({ Key, UploadId, Initiated }) =>
      Key === undefined || UploadId === undefined ? [] : [{ name: nameOf(Key), id: UploadId, begunAt: Initiated ?? new Date() }],
    );
    const last = entries.at(-1);
    const { NextKeyMarker, NextUploadIdMarker } = page;
    return { entries, next: nextMarker(page.IsTruncated, ...(NextKeyMarker ? [nameOf(NextKeyMarker), NextUploadIdMarker] : [last?.name, last?.id])) };
  }

  #of({ name, id }: S3Upload): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: this.bucket.bucket, Key: name, UploadId: id };
  }
}
