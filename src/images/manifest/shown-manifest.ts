import { readManifest } from '../../imgapi/manifest.js';
import { publishedAtMs } from '../../imgapi/derive-image-fields.js';

export type Json = Record<string, unknown>;

/** What of an image its manifest shows; `manifest` is the text it came with. */
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
  /** Where it is known already; else it is read from the manifest. */
  publishedAt?: Date | null;
}

/** IMGAPI wants an owner, and owners of this cloud have no uuid. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

function publishedAtOf(given: Json, createdAt: Date): Date {
  const reading = readManifest(given);
  return new Date((reading.ok ? publishedAtMs(reading.manifest) : null) ?? createdAt.getTime());
}

/** When an image was published: as its manifest says, else when it came into the catalogue. Lists of the image server are in this order. */
export function publicationDate(manifest: string, createdAt: Date): Date {
  return publishedAtOf(JSON.parse(manifest) as Json, createdAt);
}

/**
 * The manifest, version 2, that the image server shows: what the image came with, overlaid with what it is now. Access
 * DELETED shows as disabled, as servers defined with the image may still fetch it.
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

/** What IMGAPI knows of a file, whatever else is known here. */
function fileEntry({ sha1, size, compression }: NonNullable<ManifestFacts['file']>): Json {
  return { sha1, size, compression };
}

function omit(object: Json, name: string): Json {
  const { [name]: _left, ...rest } = object;
  return rest;
}
