import { persist } from '../persist.js';
import { S3Failure } from '../s3-failure.js';
import type { S3Objects } from '../s3-objects.js';
import type { S3Part, S3Upload, S3Uploads } from '../s3-uploads.js';

/**
 * Makes an object of the parts. A request that was carried out, but whose answer was lost, is repeated, and refused then as the upload is
 * gone: the object tells. Throws S3Failure.
 */
export async function completeUpload({ objects, uploads }: { objects: S3Objects; uploads: S3Uploads }, upload: S3Upload, parts: readonly S3Part[]): Promise<void> {
  let named = parts;
  await persist(async () => {
    try {
      await uploads.complete(upload, named);
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error;
      if (error.isAbsent && (await isComplete(objects, upload, parts))) return;
      const stored = error.reason === 'InvalidPart' && named === parts ? await storedParts(uploads, upload, parts) : null;
      if (stored === null) throw error;
      named = stored;
      await uploads.complete(upload, named);
    }
  });
}

async function isComplete(objects: S3Objects, { name }: S3Upload, parts: readonly S3Part[]): Promise<boolean> {
  const object = await objects.head(name);
  if (object?.size !== parts.reduce((bytes, { size }) => bytes + size, 0)) return false;
  const [, count] = /-(\d+)"?$/.exec(object.etag) ?? [];
  return count === undefined || Number(count) === parts.length;
}

/** The parts as the storage has them, whose etags an answer may have changed on its way; null if one is missing or has another size. */
async function storedParts(uploads: S3Uploads, upload: S3Upload, parts: readonly S3Part[]): Promise<S3Part[] | null> {
  const stored = new Map((await uploads.parts(upload))?.map((part) => [part.number, part]));
  const found = parts.flatMap(({ number, size }) => {
    const part = stored.get(number);
    return part?.size === size ? [part] : [];
  });
  return found.length === parts.length ? found : null;
}
