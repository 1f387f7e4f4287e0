import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { parseS3Url, type S3Location } from '../../src/platform/store/s3/s3-location.js';
import { S3Bucket } from '../../src/platform/store/s3/s3-bucket.js';
import { S3Keys } from '../../src/platform/store/s3/s3-keys.js';
import { S3Objects } from '../../src/platform/store/s3/s3-objects.js';
import { S3Uploads } from '../../src/platform/store/s3/s3-uploads.js';
import type { S3Services } from '../../src/platform/store/s3/draft/earlier-attempt.js';

/** An object storage with a prefix that no other test uses. */
export interface TestBucket extends S3Services {
  /** As in IMAGE_STORE. */
  url: string;
  location: S3Location;
  /** What a gateway needs to use it. */
  credentials: Record<string, string>;
  /** Names of all objects below the prefix, without it. */
  names: () => Promise<string[]>;
  /** Names of the open uploads, without the prefix. */
  openUploads: () => Promise<string[]>;
  /** Removes everything. */
  clear: () => Promise<void>;
}

/** A prefix of its own in the object storage of this run. */
export function realBucket(): TestBucket {
  return bucketAt(inject('s3Url'), inject('s3Credentials'));
}

/** A prefix of its own at that URL. The client of this process has these credentials from now on. */
export function bucketAt(base: string, credentials: Record<string, string>): TestBucket {
  Object.assign(process.env, credentials);
  const [path = '', query = ''] = base.split('?', 2);
  const url = `${path.replace(/\/$/, '')}/${randomUUID()}/images?${query}`;
  const location = parseS3Url(url);
  const bucket = new S3Bucket(location);
  const services = { objects: new S3Objects(bucket), uploads: new S3Uploads(bucket), keys: new S3Keys(location.prefix) };
  const names = async (): Promise<string[]> => collect(services.objects.list(location.prefix), location.prefix);
  const openUploads = async (): Promise<string[]> => collect(services.uploads.list(location.prefix), location.prefix);
  const clear = async (): Promise<void> => {
    for await (const upload of services.uploads.list(location.prefix)) await services.uploads.abort(upload);
    for await (const { name } of services.objects.list(location.prefix)) await services.objects.delete(name);
  };
  return { ...services, url, location, credentials, names, openUploads, clear };
}

async function collect(listed: AsyncIterable<{ name: string }>, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of listed) names.push(name.slice(prefix.length));
  return names.sort();
}
