import { fitName, fitVersion } from '../../imgapi/derive-image-fields.js';
import { requireImportable } from '../../imgapi/manifest.js';
import type { Base } from '../../images/bases/base-rules.js';
import type { SelectedImage } from '../../images/image.type.js';
import { inCatalogue } from '../../images/import/image-without-file.js';
import { unusableName } from '../../images/import/new-image.js';
import { type OfferedOrigin, originRefusal } from '../../images/import/origins/missing-origin.js';
import { noStoredFile, otherStoredFile } from '../../images/import/stored-file.js';
import { labelTaken, nameTaken } from '../../images/mutations/insert-image.js';
import { AppError } from '../../platform/errors.js';
import type { RepositoryImageType } from './repository-image.type.js';
import type { TakenNames } from './taken-names.js';

/** What decides about the import of an entry. */
export interface JudgedEntry {
  entry: Pick<RepositoryImageType, 'uuid' | 'notImportableReason'> & Partial<Pick<RepositoryImageType, 'name' | 'version' | 'origin' | 'manifest'>>;
  /** The image of the catalogue with its uuid; null when there is none that the viewer sees. */
  image: SelectedImage | null;
  isLocal: boolean;
  taken: TakenNames;
  /** The image that it builds on, if the catalogue has it, and else who offers that. */
  origin: { base: Base | null; offered: OfferedOrigin | null };
}

/** The sentence with which an import of an entry under its own name is refused; null when it is not. The rules are those of the import. */
export function importSentence(judged: JudgedEntry): string | null {
  return importRefusal(judged)?.message ?? null;
}

function importRefusal({ entry, image, isLocal, taken, origin }: JudgedEntry): AppError | null {
  const { uuid, notImportableReason: reason } = entry;
  if (reason === null) return nameRefusal(entry, taken);
  if (reason === 'ALREADY_EXISTS') return inCatalogue(uuid, image);
  const ofManifest = manifestRefusal(entry.manifest);
  if (ofManifest !== null) return ofManifest;
  if (isLocal && reason === 'NO_FILE') return noStoredFile(uuid);
  if (reason === 'CHECKSUM_MISMATCH') return otherStoredFile(uuid);
  const ofOrigin = entry.origin ? originRefusal(uuid, entry.origin, origin) : null;
  // The image that it builds on became ready since the entry was read.
  return ofOrigin ?? nameRefusal(entry, taken);
}

/** A name of which nothing can be used cannot be taken, but an import has to give one all the same. */
function nameRefusal({ name = '', version = '' }: JudgedEntry['entry'], taken: TakenNames): AppError | null {
  const fitted = fitName(name);
  if (fitted === null) return unusableName(name);
  if (taken.name) return nameTaken(fitted);
  return taken.label ? labelTaken({ alias: fitted, version: fitVersion(version) }) : null;
}

function manifestRefusal(manifest: unknown): AppError | null {
  try {
    requireImportable(manifest, { isListed: true });
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error;
  }
}
