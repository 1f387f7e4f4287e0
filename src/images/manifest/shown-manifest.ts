import { readManifest } from '../../imgapi/manifest.js';
import { publishedAtMs } from '../../imgapi/derive-image-fields.js';

export type Json = Record<string, unknown>;

/** The values of an image that its manifest shows; `manifest` is the text that it was imported with. */
export interface ManifestFacts {
  uuid: string;
  name: string;
  version: string;
  access: string;
  description: string;
  sizeMib: number;
  resize: boolean;
  deploy: boolean;
  tags: readonly string[];
  manifest: string;
  file: { size: number; sha1: string; compression: string } | null;
  createdAt: Date;
  /** Left out or null: read from the manifest. */
  publishedAt?: Date | null;
}

/** IMGAPI requires the uuid of an owner, which users of this cloud have not. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

function publishedAtOf(given: Json, createdAt: Date): Date {
  const reading = readManifest(given);
  return new Date((reading.ok ? publishedAtMs(reading.manifest) : null) ?? createdAt.getTime());
}

/** When an image was published: the date in its manifest, else when it was created here. Lists of the image server are sorted by it. */
export function publicationDate(manifest: string, createdAt: Date): Date {
  return publishedAtOf(JSON.parse(manifest) as Json, createdAt);
}

/**
 * The manifest, version 2, that the image server shows: the imported manifest with the present values of the image. Access DELETED
 * shows as disabled, because servers that use the image may still fetch it.
 */
export function shownManifest(image: ManifestFacts): Json {
  const given = JSON.parse(image.manifest) as Json;
  const disabled = image.access === 'DELETED';
  const tags = { ...(given.tags as Json | undefined), resize: image.resize, deploy: image.deploy };
  const { files: _files, tags: _tags, description: _description, ...rest } = given;
  return {
    ...rest,
    v: 2,
    uuid: image.uuid,
    owner: typeof given.owner === 'string' ? given.owner : NOBODY,
    name: image.name,
    version: image.version,
    state: disabled ? 'disabled' : 'active',
    disabled,
    public: image.access === 'PUBLIC',
    published_at: (image.publishedAt ?? publishedAtOf(given, image.createdAt)).toISOString(),
    files: image.file === null ? [] : [fileEntry(image.file)],
    ...(image.description !== '' && { description: image.description }),
    ...(given.type === 'zvol' && { image_size: image.sizeMib }),
    tags: image.tags.length === 0 ? omit(tags, 'erigones') : { ...tags, erigones: image.tags },
  };
}

/** Only the fields that IMGAPI has. */
function fileEntry({ sha1, size, compression }: NonNullable<ManifestFacts['file']>): Json {
  return { sha1, size, compression };
}

function omit(object: Json, name: string): Json {
  const { [name]: _left, ...rest } = object;
  return rest;
}
