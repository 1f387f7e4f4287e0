/** A fault of a manifest in the words of IMGAPI: the field, and what is wrong with it. */
export interface ManifestFault {
  field: string;
  reason: string;
}

type Json = Record<string, unknown>;
type Check = (value: unknown, manifest: Json) => string | null;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** What imgadm needs to install an image, and what an image server needs besides. */
const MINIMAL = ['v', 'uuid', 'name', 'version', 'type', 'os'];
const SERVER = ['owner', 'state', 'disabled', 'public', 'published_at', 'files'];
const ZVOL = ['nic_driver', 'disk_driver', 'cpu_type', 'image_size'];

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const say = (isRight: boolean, reason: string): string | null => (isRight ? null : reason);
const text = (pattern: RegExp, longest: number): Check => (value) =>
  say(typeof value === 'string' && value.length <= longest && pattern.test(value), `does not match ${pattern}, or is longer than ${longest}`);
const oneOf = (...accepted: unknown[]): Check => (value) => say(accepted.includes(value), `is none of ${accepted.join(', ')}`);
const bool = oneOf(true, false, 'true', 'false');
const listOf = (isItem: (item: unknown) => boolean): Check => (value) => say(Array.isArray(value) && value.every(isItem), 'is no list of what is accepted there');
const uuid = text(UUID, 36);
const isString = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 0;
const zvolOnly = (check: Check): Check => (value, manifest) => (manifest.type === 'zvol' ? check(value, manifest) : 'is for zvol only');

const url: Check = (value) => {
  if (typeof value !== 'string' || value.length > 1024) return 'is no string of at most 1024 characters';
  return say(['http:', 'https:'].includes(URL.parse(value)?.protocol ?? ''), 'is no http or https URL');
};

const files: Check = (value) => {
  if (!Array.isArray(value) || value.length > 1) return 'is no list of at most one file';
  const isRight = value.every((file: unknown) => {
    if (!isObject(file) || Object.keys(file).some((name) => !['sha1', 'size', 'compression', 'dataset_guid'].includes(name))) return false;
    return /^[0-9a-f]{40}$/.test(String(file.sha1)) && isCount(file.size) && ['gzip', 'bzip2', 'xz', 'none'].includes(String(file.compression));
  });
  return say(isRight, 'has a file without sha1, size or compression');
};

function platformFault(value: unknown): string | null {
  if (!isObject(value) || Object.keys(value).length === 0) return 'is no object with a version';
  const isRight = Object.entries(value).every(([version, date]) => /^\d+(\.\d+)*$/.test(version) && /^20(1[2-9]|[2-9]\d)\d{4}T\d{6}Z$|^2[1-9]\d{6}T\d{6}Z$|^[3-9]\d{7}T\d{6}Z$/.test(String(date)));
  return say(isRight, 'has something that is no platform');
}

const REQUIREMENTS: Record<string, Check> = {
  networks: listOf((network) => isObject(network) && Object.keys(network).sort().join() === 'description,name' && Object.values(network).every(isString)),
  brand: (value) => say(typeof value === 'string' && value !== '', 'is no string'),
  ssh_key: (value) => say(typeof value === 'boolean', 'is no boolean'),
  min_ram: (value, { max_ram: max }) => say(isCount(value) && (max === undefined || value <= Number(max)), 'is no integer up to max_ram'),
  max_ram: (value) => say(isCount(value), 'is no integer'),
  min_platform: platformFault,
  max_platform: platformFault,
  bootrom: (value, { brand }) => say(['bios', 'uefi'].includes(String(value)) && brand === 'bhyve', 'is not bios or uefi with the brand bhyve'),
};

const requirements: Check = (value) => {
  if (!isObject(value)) return 'is no object';
  const wrong = Object.entries(value).map(([name, one]) => (Object.hasOwn(REQUIREMENTS, name) ? REQUIREMENTS[name]?.(one, value) : 'is unknown'));
  return wrong.find((reason) => reason !== null) ?? null;
};

const FIELDS: Record<string, Check> = {
  v: oneOf(2),
  uuid,
  owner: uuid,
  name: text(/^[A-Za-z0-9._/ -]+$/, 1024),
  version: text(/^[A-Za-z0-9._/+-]+$/, 512),
  state: (value, { disabled }) => say(value === (disabled === true ? 'disabled' : 'active'), 'is not what disabled says'),
  disabled: bool,
  public: bool,
  published_at: text(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$/, 24),
  type: oneOf('zone-dataset', 'zvol', 'lx-dataset', 'lxd', 'docker', 'other'),
  os: oneOf('smartos', 'linux', 'windows', 'bsd', 'illumos', 'other'),
  files,
  acl: listOf((item) => UUID.test(String(item))),
  description: (value) => say(typeof value === 'string' && value.length <= 10_240, 'is no string of at most 10240 characters'),
  homepage: url,
  eula: url,
  // Without an icon that can be fetched there is none to show.
  icon: oneOf(false),
  urn: (value) => say(typeof value === 'string', 'is no string'),
  requirements,
  users: listOf((user) => isObject(user) && Object.keys(user).join() === 'name' && isString(user.name)),
  generate_passwords: bool,
  inherited_directories: (value, manifest) => (manifest.type === 'zone-dataset' ? listOf(isString)(value, manifest) : 'is for zone-dataset only'),
  origin: uuid,
  nic_driver: zvolOnly((value) => say(typeof value === 'string' && value !== '', 'is no string')),
  disk_driver: zvolOnly((value) => say(typeof value === 'string' && value !== '', 'is no string')),
  cpu_type: zvolOnly((value) => say(typeof value === 'string' && value !== '', 'is no string')),
  image_size: zvolOnly((value) => say(isCount(value), 'is no integer')),
  tags: (value) => say(isObject(value) && JSON.stringify(value).length <= 102_400, 'is no object of at most 102400 characters'),
  billing_tags: listOf((tag) => typeof tag === 'string' && tag.length <= 128),
  traits: (value) => say(isObject(value) && Object.values(value).every((one) => ['string', 'boolean'].includes(typeof one) || Array.isArray(one)), 'has a value of another type'),
};

function faultOf(field: string, manifest: Json): ManifestFault | null {
  const check = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  const reason = check === undefined ? 'is no field' : check(manifest[field], manifest);
  return reason === null ? null : { field, reason };
}

/** What imgadm and an image server without channels find wrong with a manifest: nothing, for one that they take. */
export function manifestFaults(manifest: Json): ManifestFault[] {
  const required = [...MINIMAL, ...SERVER, ...(manifest.type === 'zvol' ? ZVOL : [])];
  const missing = required.filter((field) => manifest[field] === undefined).map((field) => ({ field, reason: 'is missing' }));
  return [...missing, ...Object.keys(manifest).map((field) => faultOf(field, manifest)).filter((fault) => fault !== null)];
}
