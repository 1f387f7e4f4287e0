import { fitName, fitVersion } from '../../imgapi/derive-image-fields.js';
import { requireImportable } from '../../imgapi/manifest.js';
import type { SelectedImage } from '../../images/image.type.js';
import { AppError } from '../../platform/errors.js';
import { quoteValue } from '../../platform/message-text.js';
import type { RepositoryImageType } from './repository-image.type.js';
import type { TakenNames } from './taken-names.js';

/** What the sentence of an entry is made of. */
export interface JudgedEntry {
  entry: Pick<RepositoryImageType, 'uuid' | 'notImportableReason'> & Partial<Pick<RepositoryImageType, 'name' | 'version' | 'origin' | 'manifest'>>;
  /** The image of the catalogue with its uuid; null when there is none that the viewer sees. */
  image: SelectedImage | null;
  isLocal: boolean;
  taken: TakenNames;
}

/** The sentence with which an import of an entry under its own name would be refused; null when it would not. */
export function importSentence(judged: JudgedEntry): string | null {
  const { uuid, notImportableReason: reason, origin } = judged.entry;
  switch (reason) {
    case null:
      return nameSentence(judged);
    case 'ALREADY_EXISTS':
      return existsSentence(uuid, judged.image);
    case 'MISSING_ORIGIN':
      return `The image builds on ${origin}, which is not in the catalogue; import that one first, or give includeOrigins: true.`;
    case 'CHECKSUM_MISMATCH':
      return `The file of ${uuid} in the image store is not the one that its manifest describes: its size or its sha1 is another.`;
    default:
      return judged.isLocal && reason === 'NO_FILE' ? `The image store has no file for ${uuid}; place it there as ${uuid}/file.` : manifestSentence(judged);
  }
}

/** A name of which nothing can be used cannot be taken, but an import has to give one all the same. */
function nameSentence({ entry: { name = '', version = '' }, taken }: JudgedEntry): string | null {
  const fitted = fitName(name);
  if (fitted === null) return `Nothing of the name ${quoteValue(name)} can be used here; give a name to import it.`;
  if (taken.name) return `The name ${fitted} is taken by another image; give another one to import it.`;
  return taken.label ? `Another image has the alias ${fitted} and the version ${fitVersion(version)}; give another name, alias or version to import it.` : null;
}

function existsSentence(uuid: string, image: SelectedImage | null): string {
  if (image === null) return `An image with the uuid ${uuid} is in the catalogue already.`;
  const known = `The image ${uuid} is in the catalogue already, as ${image.name}`;
  return image.access === 'DELETED' ? `${known}, whose access is DELETED; set its access to PUBLIC or PRIVATE to use it again.` : `${known}.`;
}

function manifestSentence({ entry }: JudgedEntry): string {
  const fallback = `The image ${entry.uuid} cannot be imported (${entry.notImportableReason}).`;
  try {
    requireImportable(entry.manifest);
    return fallback;
  } catch (error) {
    return error instanceof AppError ? error.message : fallback;
  }
}
