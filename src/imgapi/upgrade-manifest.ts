export type Json = Record<string, unknown>;

const DROPPED_V1 = new Set([
  'creator_uuid', 'creator_name', 'vendor_uuid', 'cloud_name', 'platform_type', 'restricted_to_uuid', 'created_at', 'updated_at',
  'options', 'builder_info', 'metadata_info', 'stats_info', 'sync_info', 'provider',
]);
const DISK_FIELDS = ['nic_driver', 'disk_driver', 'cpu_type', 'image_size'];
const COMPRESSION_BY_ENDING: readonly (readonly [RegExp, string])[] = [
  [/\.(gz|tgz)$/i, 'gzip'],
  [/\.bz2$/i, 'bzip2'],
  [/\.xz$/i, 'xz'],
];

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The manifest in the form of version 2: what version 1 said under other names is moved, numbers and strings that
 * real servers mix up are put right, and everything else is left as given. Never fails and never changes its argument,
 * which it gives back where there is nothing to do.
 */
export function upgradeManifest(given: Json): Json {
  if (isAsWanted(given)) return given;
  const isV2 = given.v !== undefined;
  const kept = Object.entries(isV2 ? given : withV1Moved(given)).filter(([name]) => name !== 'v' && name !== '__proto__' && (isV2 || !DROPPED_V1.has(name)));
  const manifest: Json = { v: 2, ...Object.fromEntries(kept) };
  if (typeof manifest.version === 'number') manifest.version = String(manifest.version);
  if (typeof manifest.image_size === 'string') manifest.image_size = asNumber(manifest.image_size);
  if (typeof manifest.acl === 'string') manifest.acl = [manifest.acl];
  if (Array.isArray(manifest.files)) manifest.files = manifest.files.map(upgradeFile);
  return manifest;
}

/** True for nearly all that real servers send; false costs a copy only. */
function isAsWanted(given: Json): boolean {
  if (given.v !== 2 || Object.hasOwn(given, '__proto__')) return false;
  const { version, image_size: size, acl, files } = given;
  if (typeof version === 'number' || typeof size === 'string' || typeof acl === 'string') return false;
  return !Array.isArray(files) || files.every(isFileAsWanted);
}

function isFileAsWanted(file: unknown): boolean {
  if (!isObject(file)) return true;
  return typeof file.compression === 'string' && typeof file.size !== 'string' && !('path' in file || 'url' in file || 'md5' in file);
}

function withV1Moved(given: Json): Json {
  const moved = { ...given };
  if (moved.owner === undefined && typeof given.creator_uuid === 'string') moved.owner = given.creator_uuid;
  if (typeof given.restricted_to_uuid === 'string') {
    moved.public = false;
    moved.acl = [given.restricted_to_uuid];
  }
  if (isObject(given.options) && given.type === 'zvol') {
    for (const field of DISK_FIELDS) {
      if (moved[field] === undefined && Object.hasOwn(given.options, field)) moved[field] = given.options[field];
    }
  }
  if (typeof moved.published_at === 'string') {
    moved.published_at = moved.published_at.replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d)(Z?)$/, '$1:00$2');
  }
  return Object.fromEntries(Object.entries(moved).filter(([, value]) => value !== undefined));
}

function upgradeFile(file: unknown): unknown {
  if (!isObject(file)) return file;
  const { path, url, md5: _md5, ...kept } = file;
  if (typeof kept.size === 'string') kept.size = asNumber(kept.size);
  kept.compression ??= compressionOf(path) ?? compressionOf(url) ?? 'none';
  return kept;
}

function compressionOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined;
  return COMPRESSION_BY_ENDING.find(([ending]) => ending.test(name))?.[1];
}

function asNumber(text: string): unknown {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : text;
}
