import { findBase } from '../../bases/base-rules.js';
import { deriveImageFields } from '../../../imgapi/derive-image-fields.js';
import type { ImgManifest, ManifestFile } from '../../../imgapi/manifest.js';
import { AppError } from '../../../platform/errors.js';
import { readSource, type SourceServices } from '../read-source.js';
import type { ImportSource } from '../source.js';
import { cyclicOrigin, type FindOrigin, missingOrigin } from './missing-origin.js';

/** How many missing origins one import brings; the longest known chains have five images. */
const MOST_ORIGINS = 10;

/** An origin to import before the images that build on it. */
export interface OriginToImport {
  repository: string;
  source: ImportSource;
  manifest: ImgManifest & { file: ManifestFile };
}

/**
 * The manifests of all origins that the catalogue lacks, the one that builds on none of the others first. Throws MISSING_ORIGIN when no
 * configured repository offers one of them, INVALID_MANIFEST for a circle or a chain that is too long, and the errors of reading a manifest.
 */
export async function readOrigins(services: SourceServices & { findOrigin: FindOrigin }, child: ImgManifest, source: ImportSource): Promise<OriginToImport[]> {
  const { em, findOrigin } = services;
  const chain = [child.uuid];
  const missing: OriginToImport[] = [];
  let [origin, repositoryId] = [child.origin, source.repositoryId];
  while (origin !== undefined) {
    const of = chain.at(-1) ?? child.uuid;
    if (chain.includes(origin)) throw cyclicOrigin([...chain, origin]);
    if ((await findBase(em.fork(), origin)) !== null) break;
    if (missing.length === MOST_ORIGINS) {
      throw new AppError('INVALID_MANIFEST', `Image ${child.uuid} builds on more than ${MOST_ORIGINS} images that are not in the catalogue; import ${origin} first.`);
    }
    const offered = await findOrigin(em.fork(), origin, repositoryId);
    if (offered === null) throw missingOrigin(of, origin, null);
    const manifest = await readSource(services, offered.source);
    missing.unshift({ repository: offered.repository, source: offered.source, manifest });
    chain.push(origin);
    [origin, repositoryId] = [manifest.origin, offered.source.repositoryId];
  }
  return missing;
}

/** The name that an origin gets if it is free: that of its manifest made to fit or, if nothing of it fits, its uuid without dashes. */
export function nameOfOrigin(manifest: ImgManifest): string {
  return deriveImageFields(manifest).name ?? manifest.uuid.replaceAll('-', '');
}
