import type { FileStore } from '../file-store.js';
import type { StoreIdentity } from '../store-identity.js';
import type { StoreMark } from '../store-mark.js';
import { S3Bucket } from './s3-bucket.js';
import { S3FileStore } from './s3-file-store.js';
import { S3Keys } from './s3-keys.js';
import type { S3Location } from './s3-location.js';
import { S3Objects } from './s3-objects.js';
import { S3StoreMark } from './s3-store-mark.js';
import { S3Uploads } from './s3-uploads.js';

/** A store in an object storage, with its mark. */
export interface OpenedS3Store {
  mark: StoreMark;
  withIdentity: (identity: StoreIdentity | null) => FileStore;
}

/** Makes the client of an object storage. Nothing is asked of it yet. Load this module only when it is needed: the client takes a third of a second. */
export function openS3Store(location: S3Location): OpenedS3Store {
  const bucket = new S3Bucket(location);
  const services = { objects: new S3Objects(bucket), uploads: new S3Uploads(bucket), keys: new S3Keys(location.prefix) };
  return { mark: new S3StoreMark(services.objects, services.keys), withIdentity: (identity) => new S3FileStore(services, identity) };
}
