import { publishedAtMs } from '../../imgapi/derive-image-fields.js';
import { MANIFEST_COMPRESSIONS, readManifest } from '../../imgapi/manifest.js';
import { type Corrections, CorrectionSentences, UNREPORTED } from '../../imgapi/publish/corrections.js';
import { publishedFields, publishedVersion } from '../../imgapi/publish/published-fields.js';
import { publishedTags } from '../../imgapi/publish/published-tags.js';

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

/** The dates that IMGAPI can write. */
const FIRST_DATE = new Date('0000-01-01T00:00:00Z').getTime();
const LAST_DATE = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function publishedAtOf(given: Json, createdAt: Date): Date {
  const reading = readManifest(given);
  return new Date((reading.ok ? publishedAtMs(reading.manifest) : null) ?? createdAt.getTime());
}

/** When an image was published: the date in its manifest, else when it was created here. Lists of the image server are sorted by it. */
export function publicationDate(manifest: string, createdAt: Date): Date {
  return publishedAtOf(JSON.parse(manifest) as Json, createdAt);
}

/**
 * The manifest, version 2, that the image server shows: the imported manifest with the present values of the image, in the order of
 * IMGAPI, and with nothing that imgadm or another image server would refuse, except that a file in a compression which they do not have
 * is shown without one. Access DELETED shows as disabled, because servers that use
 * the image may still fetch it.
 */
export function shownManifest(image: ManifestFacts): Json {
  return compose(image, UNREPORTED);
}

/** One sentence for each field of the imported manifest that the image server leaves out or mends. */
export function manifestCorrections(image: Pick<ManifestFacts, 'uuid' | 'name' | 'version' | 'sizeMib' | 'tags' | 'manifest'>): string[] {
  const corrections = new CorrectionSentences();
  const version = publishedVersion(image.version);
  if (version !== image.version) corrections.shownAs('version', version, 'a version is of letters, digits and . _ / + -');
  compose({ ...image, access: 'PRIVATE', description: '', resize: false, deploy: false, file: null, createdAt: new Date() }, corrections);
  return corrections.sentences;
}

/** An object literal of one shape for all images, as lists make thousands; JSON leaves undefined out. */
function compose(image: ManifestFacts, corrections: Corrections): Json {
  const given = JSON.parse(image.manifest) as Json;
  const published = publishedFields(given, corrections);
  const disabled = image.access === 'DELETED';
  const ownTags = { resize: image.resize, deploy: image.deploy, erigones: image.tags.length === 0 ? undefined : image.tags };
  return {
    v: 2,
    uuid: image.uuid,
    owner: published.owner,
    name: image.name,
    version: publishedVersion(image.version),
    state: disabled ? 'disabled' : 'active',
    disabled,
    public: image.access === 'PUBLIC',
    published_at: shownDate(image.publishedAt ?? publishedAtOf(given, image.createdAt)),
    type: published.type,
    os: published.os,
    files: image.file === null ? [] : [fileEntry(image.file)],
    acl: published.acl,
    description: image.description === '' ? undefined : image.description,
    homepage: published.homepage,
    eula: published.eula,
    urn: published.urn,
    requirements: published.requirements,
    users: published.users,
    generate_passwords: published.generatePasswords,
    inherited_directories: published.inheritedDirectories,
    origin: published.origin,
    nic_driver: published.nicDriver,
    disk_driver: published.diskDriver,
    cpu_type: published.cpuType,
    image_size: published.type === 'zvol' ? image.sizeMib : undefined,
    tags: publishedTags(given.tags, ownTags, image.manifest.length, corrections),
    billing_tags: published.billingTags,
    traits: published.traits,
  };
}

function shownDate(date: Date): string {
  return new Date(Math.min(Math.max(date.getTime(), FIRST_DATE), LAST_DATE)).toISOString();
}

/** Only the fields that IMGAPI has. A node refuses a file without a compression; it would unpack one that is said to have `none`. */
function fileEntry({ sha1, size, compression }: NonNullable<ManifestFacts['file']>): Json {
  return { sha1, size, compression: MANIFEST_COMPRESSIONS.includes(compression) ? compression : undefined };
}
