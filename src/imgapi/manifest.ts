import { AppError } from '../platform/errors.js';
import { cleanText, uuidOf } from './manifest-text.js';
import { quoteValue } from '../platform/message-text.js';
import { isObject, type Json, upgradeManifest } from './upgrade-manifest.js';
import { osTypeOf } from './os-type.js';

export interface ManifestFile {
  sha1: string;
  /** Bytes. */
  size: number;
  compression: string;
}

/** The fields of a manifest that the gateway reads. A missing string is '', or left out where the field is optional. */
export interface ImgManifest {
  uuid: string;
  name: string;
  version: string;
  type: string;
  os: string;
  state: string;
  description: string;
  owner: string | null;
  public: boolean;
  disabled: boolean;
  published_at?: string;
  homepage?: string;
  origin?: string;
  /** MiB, a positive integer. */
  image_size?: number;
  /** Only files with a checksum and a size. */
  files: ManifestFile[];
  tags: Record<string, unknown>;
  /** The whole manifest in version 2, to store and to show. */
  raw: Json;
}

export type ManifestResult = { ok: true; manifest: ImgManifest } | { ok: false; uuid: string | null; reason: string };
export type ImportProblem = 'UNSUPPORTED_TYPE' | 'NO_FILE' | 'INVALID_MANIFEST';

const REQUIRED = ['version', 'type', 'os'] as const;
/** The compressions that manifests have a word for. */
export const MANIFEST_COMPRESSIONS: readonly string[] = ['gzip', 'bzip2', 'xz', 'none'];
const MAX_DEPTH = 64;
const MAX_INT32 = 2 ** 31 - 1;

/** Reads a manifest from a list, as leniently as real servers require: it must have a uuid and a name. Never throws. */
export function readManifest(value: unknown): ManifestResult {
  if (!isObject(value)) return { ok: false, uuid: null, reason: `A manifest is a JSON object, this is ${nameOf(value)}.` };
  const uuid = uuidOf(value.uuid);
  if (uuid === null) return { ok: false, uuid: null, reason: value.uuid === undefined ? `A manifest has a uuid, this object has ${fieldsOf(value)}.` : `The uuid ${shown(value.uuid)} is not a uuid.` };
  if (isDeeperThan(value, MAX_DEPTH)) return { ok: false, uuid, reason: `Image ${uuid} is nested deeper than ${MAX_DEPTH} levels.` };
  const raw = upgradeManifest(value);
  const manifest = describe(uuid, raw.uuid === uuid ? raw : { ...raw, uuid });
  if (manifest.name === '') return { ok: false, uuid, reason: `Image ${uuid} has no name.` };
  return { ok: true, manifest };
}

/**
 * Reads a manifest for an import. Throws AppError INVALID_MANIFEST with all problems at once, or UNSUPPORTED_TYPE. With `isListed`, one whose
 * only fault is that it has no files yet is NO_FILE: repositories list images before their files are uploaded.
 */
export function requireImportable(value: unknown, { isListed = false } = {}): ImgManifest & { file: ManifestFile } {
  if (!isObject(value)) throw new AppError('INVALID_MANIFEST', `A manifest is a JSON object, this is ${nameOf(value)}.`);
  if (isDeeperThan(value, MAX_DEPTH)) throw new AppError('INVALID_MANIFEST', `The manifest is nested deeper than ${MAX_DEPTH} levels.`);
  const uuid = uuidOf(value.uuid);
  const manifest = describe(uuid ?? '', { ...upgradeManifest(value), ...(uuid === null ? {} : { uuid }) });
  const problems = [
    ...(uuid === null ? [value.uuid === undefined ? 'uuid is missing' : `uuid ${shown(value.uuid)} is not a uuid`] : []),
    ...(manifest.name === '' ? ['name is missing'] : []),
    ...fieldProblems(manifest),
    ...fileProblems(manifest.raw.files),
  ];
  const isUnsupported = manifest.type !== '' && osTypeOf(manifest.type, manifest.os) === null;
  if (isUnsupported && uuid !== null) {
    const accepted = 'zone-dataset, lx-dataset and zvol';
    throw new AppError('UNSUPPORTED_TYPE', `Image ${uuid} is of type "${manifest.type}", which this cloud cannot run; accepted are ${accepted}.`);
  }
  const [file] = manifest.files;
  if (problems.length > 0 || file === undefined) {
    const message = `The manifest${uuid === null ? '' : ` of image ${uuid}`} cannot be imported: ${problems.join('; ')}.`;
    throw new AppError(isListed && importProblem(manifest) === 'NO_FILE' ? 'NO_FILE' : 'INVALID_MANIFEST', message, { problems });
  }
  return { ...manifest, file };
}

/** Why `requireImportable` would refuse this image, or null; for lists. */
export function importProblem(manifest: ImgManifest): ImportProblem | null {
  if (manifest.type !== '' && osTypeOf(manifest.type, manifest.os) === null) return 'UNSUPPORTED_TYPE';
  if (fieldProblems(manifest).length > 0) return 'INVALID_MANIFEST';
  const { files } = manifest.raw;
  if (files === undefined || files === null || (Array.isArray(files) && files.length === 0)) return 'NO_FILE';
  return fileProblems(files).length > 0 ? 'INVALID_MANIFEST' : null;
}

function describe(uuid: string, raw: Json): ImgManifest {
  const origin = uuidOf(raw.origin);
  const size = raw.image_size;
  const publishedAt = cleanText(raw.published_at, 64);
  const homepage = cleanText(raw.homepage, 1024);
  const manifest: ImgManifest = {
    uuid,
    name: cleanText(raw.name, 1024),
    version: cleanText(raw.version, 512),
    type: cleanText(raw.type, 64),
    os: cleanText(raw.os, 64),
    state: cleanText(raw.state, 32) || (flag(raw.disabled) ? 'disabled' : 'active'),
    description: cleanText(raw.description, 10_240),
    owner: uuidOf(raw.owner),
    public: raw.public === undefined || flag(raw.public),
    disabled: flag(raw.disabled),
    files: Array.isArray(raw.files) ? raw.files.map(readFile).filter((file) => file !== null) : [],
    tags: isObject(raw.tags) ? raw.tags : {},
    raw,
  };
  if (publishedAt !== '') manifest.published_at = publishedAt;
  if (homepage !== '') manifest.homepage = homepage;
  if (origin !== null) manifest.origin = origin;
  if (typeof size === 'number' && Number.isInteger(size) && size > 0 && size <= MAX_INT32) manifest.image_size = size;
  return manifest;
}

function readFile(value: unknown): ManifestFile | null {
  if (!isObject(value) || typeof value.sha1 !== 'string' || !/^[0-9a-f]{40}$/i.test(value.sha1)) return null;
  if (typeof value.size !== 'number' || !Number.isSafeInteger(value.size) || value.size <= 0) return null;
  return { sha1: value.sha1.toLowerCase(), size: value.size, compression: cleanText(value.compression, 16) };
}

function fieldProblems(manifest: ImgManifest): string[] {
  const missing = REQUIRED.filter((field) => manifest[field] === '').map((field) => `${field} is missing`);
  const { origin } = manifest.raw;
  const hasBadOrigin = origin !== undefined && origin !== null && origin !== '' && uuidOf(origin) === null;
  return hasBadOrigin ? [...missing, `origin ${shown(origin)} is not a uuid`] : missing;
}

function fileProblems(files: unknown): string[] {
  const count = Array.isArray(files) ? files.length : 0;
  if (!Array.isArray(files) || count !== 1) return [`files must hold exactly one file, there are ${count}`];
  const file: unknown = files[0];
  const read = readFile(file);
  if (read === null) return [`files[0] needs sha1 (40 hex digits) and size (bytes, above 0), it is ${shown(file)}`];
  if (MANIFEST_COMPRESSIONS.includes(read.compression)) return [];
  return [`files[0].compression "${read.compression}" is none of ${MANIFEST_COMPRESSIONS.join(', ')}`];
}

function flag(value: unknown): boolean {
  return value === true || value === 'true';
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'that is missing').slice(0, 200);
}

/** The names of the first fields, for a message. */
function fieldsOf(value: Json): string {
  const names = Object.keys(value);
  if (names.length === 0) return 'no field';
  return `the field${names.length === 1 ? '' : 's'} ${quoteValue(names.slice(0, 10).join(', '))}`;
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (isDeeperThan(inner, levels - 1)) return true;
  return false;
}
