import type { ImgapiClient } from '../../imgapi/client.js';
import { type ImgManifest, type ManifestFile, requireImportable } from '../../imgapi/manifest.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { FetchAccess } from '../../platform/fetch/fetch.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import { placedFileOf } from '../store/placed-files.js';
import type { ImportSource } from './source.js';

export interface SourceServices {
  em: SqlEntityManager;
  imgapi: ImgapiClient;
  store: FileStore;
  accessTo: (em: SqlEntityManager, repositoryId: number | null) => Promise<FetchAccess>;
}

/**
 * Reads the manifest of an import from its URL or from the store. Throws MANIFEST_UNREACHABLE, URL_NOT_ALLOWED, UNSUPPORTED_TYPE, NO_FILE, or
 * INVALID_MANIFEST, also for the manifest of another image than `source.uuid`.
 */
export async function readSource(services: SourceServices, source: ImportSource): Promise<ImgManifest & { file: ManifestFile }> {
  const manifest = requireImportable(await readManifest(services, source), { isListed: source.repositoryId !== null });
  if (source.uuid === null || manifest.uuid === source.uuid) return manifest;
  throw new AppError('INVALID_MANIFEST', `The manifest at ${redactUrl(source.manifestUrl)} is of ${manifest.uuid}, not of ${source.uuid}.`);
}

async function readManifest({ em, store, imgapi, accessTo }: SourceServices, { manifestUrl, isLocal, uuid, repositoryId }: ImportSource): Promise<unknown> {
  if (!isLocal || uuid === null) return imgapi.getManifest(manifestUrl, await accessTo(em, repositoryId));
  const text = await store.readManifest(await placedFileOf(em, store, uuid));
  if (text === null) throw new AppError('MANIFEST_UNREACHABLE', `The image store has no manifest for ${uuid}; place it there as ${uuid}/manifest.`);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    throw new AppError('INVALID_MANIFEST', `The file ${uuid}/manifest in the image store is not JSON.`);
  }
}
