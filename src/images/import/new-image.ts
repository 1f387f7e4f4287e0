import { deriveImageFields } from '../../imgapi/derive-image-fields.js';
import type { ImgManifest, ManifestFile } from '../../imgapi/manifest.js';
import { AppError, badInput } from '../../platform/errors.js';
import type { ImportedImageFields } from '../mutations/new-image.inputs.js';
import type { NewImage } from './record-import.js';

/** The fields of an import, from a URL or from a repository. */
export type ImportFields = ImportedImageFields & { name?: string | null };

/** The refusal of an import under its own name, of which nothing is left once it is made to fit. */
export function unusableName(name: string): AppError {
  return badInput([{ path: 'name', code: 'REQUIRED', message: `Nothing of the manifest's name ${JSON.stringify(name)} can be a name here; give one.` }]);
}

/** The new image: the values of the caller and, where it gave none, those of the manifest. */
export function newImage(input: ImportFields, manifest: ImgManifest & { file: ManifestFile }, ownerId: number): NewImage {
  const derived = deriveImageFields(manifest);
  const name = input.name ?? derived.name;
  if (name === null) throw unusableName(manifest.name);
  if (derived.osType === null) throw new AppError('UNSUPPORTED_TYPE', `An image of type ${manifest.type} cannot run here.`);
  return {
    uuid: manifest.uuid,
    name,
    alias: input.alias ?? name,
    version: input.version ?? derived.version,
    access: input.access ?? 'PRIVATE',
    ownerId,
    description: input.description ?? derived.description,
    sizeMib: derived.sizeMib,
    osType: derived.osType,
    resize: input.resize ?? derived.resize,
    deploy: input.deploy ?? derived.deploy,
    tags: input.tags ?? derived.tags,
    homepage: derived.homepage,
    manifest: JSON.stringify(manifest.raw),
    origin: manifest.origin ?? null,
    file: manifest.file,
  };
}
