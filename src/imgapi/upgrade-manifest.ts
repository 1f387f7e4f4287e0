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

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Converts a manifest to version 2: moves fields that version 1 has under other names, corrects numbers and strings that real servers
 * mix up, and leaves everything else as it is. Never throws and never changes its argument; returns the argument itself when it needs
 * no change.
 */
export function upgradeManifest(given: Json): Json {
  if (isUpToDate(given)) return given;
  const isV2 = given.v !== undefined;
  const entries = Object.entries(isV2 ? given : withV1FieldsMoved(given)).filter(([name]) => name !== 'v' && name !== '__proto__' && (isV2 || !DROPPED_V1.has(name)));
  const manifest: Json = { v: 2, ...Object.fromEntries(entries) };
  if (typeof manifest.version === 'number') manifest.version = String(manifest.version);
  if (typeof manifest.image_size === 'string') manifest.image_size = asNumber(manifest.image_size);
  if (typeof manifest.acl === 'string') manifest.acl = [manifest.acl];
  if (Array.isArray(manifest.files)) manifest.files = manifest.files.map(upgradeFile);
  return manifest;
}

/** True for nearly all manifests of real servers; false only costs a copy. */
function isUpToDate(given: Json): boolean {
  if (given.v !== 2 || Object.hasOwn(given, '__proto__')) return false;
  const { version, image_size: size, acl, files } = given;
  if (typeof version === 'number' || typeof size === 'string' || typeof acl === 'string') return false;
  return !Array.isArray(files) || files.every(isFileUpToDate);
}

function isFileUpToDate(file: unknown): boolean {
  if (!isObject(file)) return true;
  return typeof file.compression === 'string' && typeof file.size !== 'string' && !('path' in file || 'url' in file || 'md5' in file);
}

function withV1FieldsMoved(given: Json): Json {
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
  const { path, url, md5: _dropped, ...upgraded } = file;
  if (typeof upgraded.size === 'string') upgraded.size = asNumber(upgraded.size);
  upgraded.compression ??= compressionOf(path) ?? compressionOf(url) ?? 'none';
  return upgraded;
}

function compressionOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined;
  return COMPRESSION_BY_ENDING.find(([ending]) => ending.test(name))?.[1];
}

function asNumber(text: string): unknown {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : text;
}
