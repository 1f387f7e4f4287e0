import type { FileKey } from '../file-key.js';
import { STORE_ID_FILE, type StoreMark } from '../store-mark.js';
import { readSmallObject } from './read-object.js';
import type { S3Keys } from './s3-keys.js';
import { S3Failure } from './s3-failure.js';
import { nameOfS3 } from './s3-location.js';
import type { S3Objects } from './s3-objects.js';

const MAX_ID_BYTES = 64;

/** The mark of a store in an object storage: an object beside the images. */
export class S3StoreMark implements StoreMark {
  readonly location: string;
  readonly #name: string;

  constructor(
    private readonly objects: S3Objects,
    private readonly keys: S3Keys,
  ) {
    this.location = nameOfS3(objects.bucket.location);
    this.#name = keys.atRoot(STORE_ID_FILE);
  }

  async readId(): Promise<string | null> {
    const bytes = await readSmallObject(this.objects, this.#name, MAX_ID_BYTES);
    return bytes === null ? null : bytes.subarray(0, MAX_ID_BYTES).toString('utf8').trim();
  }

  async writeId(id: string): Promise<string | null> {
    await this.objects.put(this.#name, `${id}\n`, { ifAbsent: true });
    return this.readId();
  }

  async exists(): Promise<boolean> {
    try {
      await this.objects.demandBucket();
      return true;
    } catch (error) {
      if (error instanceof S3Failure && error.status === 404) return false;
      throw error;
    }
  }

  async make(): Promise<void> {
    await this.objects.demandBucket();
  }

  async hasFile(key: FileKey): Promise<boolean> {
    return (await this.objects.head(this.keys.object(key, 'file'))) !== null;
  }
}
