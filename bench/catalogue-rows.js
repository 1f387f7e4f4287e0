// The rows of a generated catalogue: the same for the same number, on every database.

export const SIZES = {
  small: { images: 1000, datacenters: 20, users: 100, servers: 2500, offers: 1000 },
  medium: { images: 100_000, datacenters: 200, users: 10_000, servers: 250_000, offers: 20_000 },
  large: { images: 1_000_000, datacenters: 2000, users: 100_000, servers: 2_500_000, offers: 200_000 },
};

/** Beside admin (1) and the system's own user (2). */
export const PEOPLE = { plain: 3, dcadmin: 4, imageadmin: 5, tenant: 6, manyadmin: 7 };
export const MAIN = 1;
/** Has five images, however many there are elsewhere. */
export const FEW = 2;
/** Has the PRIVATE images, of which five are tenant's. */
export const CLOSED = 4;
const NAMED = new Map([[FEW, 'few'], [CLOSED, 'closed']]);
const TENANTS = 5;
const FIRST_USER = 3;
const FIRST_DATACENTER = 2;
const DISKS_PER_SERVER = 4;
const TASK_MS = 30_000;

const SYSTEMS = ['debian', 'ubuntu', 'alma', 'rocky', 'freebsd', 'windows', 'smartos', 'alpine'];
const ROLES = ['base', 'web', 'database', 'mail', 'proxy', 'cache', 'build', 'desktop', 'monitor', 'backup'];
const WORDS = ['server', 'with', 'hardened', 'kernel', 'and', 'current', 'packages', 'for', 'clusters', 'minimal', 'cloud', 'init', 'agent', 'tested', 'nightly', 'signed'];
const OS_TYPES = ['LINUX_VM', 'LINUX_VM', 'LINUX_VM', 'LINUX_VM', 'BSD_VM', 'WINDOWS_VM', 'SUNOS_ZONE', 'LINUX_ZONE'];
const YEAR_MS = 365 * 24 * 3600 * 1000;
const START_MS = Date.UTC(2025, 0, 1);

/** A number spread over 32 bits, so that no column follows the order of another. */
function mix(n, salt) {
  let x = Math.imul(n ^ (salt * 0x9e3779b1), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function uuidOf(kind, n) {
  return `${kind}${mix(n, Number(kind)).toString(16).padStart(8, '0').slice(2)}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

function describe(n) {
  return Array.from({ length: 6 }, (_, at) => WORDS[mix(n, at + 10) % WORDS.length]).join(' ');
}

export function imageName(n) {
  const system = SYSTEMS[mix(n, 1) % SYSTEMS.length];
  return `${system}-${ROLES[mix(n, 2) % ROLES.length]}-${n.toString(36).padStart(5, '0')}`;
}

function accessOf(n) {
  const part = mix(n, 3) % 20;
  return part < 14 ? 'PUBLIC' : part < 19 ? 'PRIVATE' : 'DELETED';
}

/** The first PRIVATE images, as many as tenant owns. */
const TENANTS_IMAGES = new Set(Array.from({ length: 200 }, (_, at) => at + 1).filter((n) => accessOf(n) === 'PRIVATE').slice(0, TENANTS));

/** Every thousandth is the plain user's. */
function ownerOf(n, users) {
  if (TENANTS_IMAGES.has(n)) return PEOPLE.tenant;
  return n % 1000 === 7 ? PEOPLE.plain : PEOPLE.manyadmin + (mix(n, 6) % (users - 4));
}

const NAMES = Object.entries(PEOPLE);

function usernameOf(id) {
  return NAMES[id - FIRST_USER]?.[0] ?? `user-${id}`;
}

function versionOf(n) {
  return `${1 + (mix(n, 13) % 9)}.${mix(n, 14) % 20}`;
}

/** By the number of images: whether a disk of a server refers to each of them. */
const usedImages = new Map();

function isUsed(n, size) {
  if (!usedImages.has(size.images)) {
    const used = new Uint8Array(size.images + 1);
    for (let server = 2; server < size.servers + 2; server += 1) for (const { image_id: id } of disksOf(server, size)) used[id] = 1;
    usedImages.set(size.images, used);
  }
  return usedImages.get(size.images)[n] === 1;
}

function imageOf(n, { users }) {
  const name = imageName(n);
  const alias = `${SYSTEMS[mix(n, 4) % SYSTEMS.length]} ${n.toString(36)}`;
  const description = describe(n);
  const created = START_MS + (mix(n, 5) % YEAR_MS);
  const [version, owner] = [versionOf(n), ownerOf(n, users)];
  return {
    id: n, uuid: uuidOf('10', n), name, name_key: name, alias, alias_key: alias, version, version_key: version, access: accessOf(n), owner_id: owner, owner_name: usernameOf(owner),
    size_mib: 1024 * (1 + (mix(n, 7) % 40)), os_type: OS_TYPES[mix(n, 1) % SYSTEMS.length], status: 'OK', description,
    search_text: `${name}\n${alias}\n${description}`.toLowerCase(), created_at: created, updated_at: created + (mix(n, 15) % YEAR_MS), published_at: created, repository_id: n % 10 === 0 ? 1 : null,
    manifest: JSON.stringify({ v: 2, uuid: uuidOf('10', n), name, version: '1.0', os: 'linux', type: 'zvol', description, files: [] }),
  };
}

function otherDatacenter(n, datacenters) {
  if (n <= 5) return FEW;
  if (accessOf(n) === 'PRIVATE') return CLOSED;
  const one = FEW + 1 + (mix(n, 8) % (datacenters - 3));
  return one < CLOSED ? one : one + 1;
}

/** Where image `n` is: all are in main, each in one more datacenter, the first five in the smallest one. */
function* attachmentsOf(n, { datacenters, users }) {
  const { name, alias, size_mib, created_at: image_created_at, access, version, os_type, status, owner_name, updated_at: image_updated_at } = imageOf(n, { users });
  const copy = { name, alias, size_mib, image_created_at, access, version, os_type, status, owner_name, image_updated_at };
  yield { image_id: n, datacenter_id: MAIN, bound_image_id: null, ...copy };
  yield { image_id: n, datacenter_id: otherDatacenter(n, datacenters), bound_image_id: n % 2 === 0 ? n : null, ...copy };
}

function* tagsOf(n) {
  const name = imageName(n);
  yield { image_id: n, tag: `role-${mix(n, 2) % 10}`, position: 0, name };
  yield { image_id: n, tag: `batch-${Math.floor(n / 40)}`, position: 1, name };
}

/** What triggers would write: where an image is, its tags, and whether a server uses it. */
function listedOf(n, size) {
  const places = [...attachmentsOf(n, size)].map(({ datacenter_id: id, bound_image_id: bound }) => (bound === null ? id : -id));
  return { in_use: isUsed(n, size), places: places.join(), tag_list: JSON.stringify([...tagsOf(n)].map(({ tag }) => tag)) };
}

function* disksOf(n, { images }) {
  for (let disk = 1; disk <= DISKS_PER_SERVER; disk += 1) yield { server_id: n, disk_id: disk, size_mib: 10_240, image_id: 1 + (mix(n, 20 + disk) % images) };
}

function offerOf(n) {
  const name = imageName(n);
  const description = describe(n + 7);
  const uuid = n % 10 === 0 ? uuidOf('10', n) : uuidOf('20', n);
  const published = START_MS + (mix(n, 9) % YEAR_MS);
  const manifest = JSON.stringify({
    v: 2, uuid, owner: '00000000-0000-0000-0000-000000000000', name, version: '1.0', state: 'active', disabled: false, public: true,
    published_at: new Date(published).toISOString(), type: 'zvol', os: 'linux', image_size: 10_240, description,
    files: [{ sha1: n.toString(16).padStart(40, '0'), size: 1_000_000 + n, compression: 'gzip' }],
  });
  return {
    id: n, repository_id: 1, uuid, from_generation: 1, to_generation: 2_147_483_647, name, version: '1.0', type: 'zvol', os_type: 'LINUX_VM',
    description, size_mib: 10_240, download_size: 1_000_000 + n, state: 'active', published_at: published, published_sort: published,
    content_hash: n.toString(16).padStart(40, '0'), search_text: `${name}\n${description}`.toLowerCase(), manifest,
  };
}

/** Half of the tasks load the repository, as a schedule does; one in a thousand is the plain user's. */
function taskOf(n, size) {
  const image = mix(n, 17) % 2 === 0 ? 1 + (mix(n, 18) % size.images) : null;
  const begun = START_MS + n * TASK_MS;
  return {
    id: uuidOf('40', n), action: image === null ? 'REPOSITORY_REFRESH' : 'IMAGE_UPDATE', status: n % 50_000 === 5 ? 'FAILED' : 'SUCCEEDED', phase: 'DONE', attempts: 1,
    user_id: n % 1000 === 3 ? PEOPLE.plain : image === null ? 2 : ownerOf(image, size.users), datacenter_id: image === null ? null : MAIN, image_id: image,
    image_name: image === null ? null : imageName(image), repository_id: image === null ? 1 : null, detail: '{}', instructions: '{}',
    created_at: begun, started_at: begun, finished_at: begun + 1000,
  };
}

function* numbered(first, count, rowsOf) {
  for (let n = first; n < first + count; n += 1) yield* rowsOf(n);
}

/** Every table in an order that foreign keys allow, as [table, rows]. */
export function tablesOf(size) {
  const admins = size.datacenters - 1;
  return [
    ['user_account', numbered(FIRST_USER, size.users, (id) => [{ id, username: usernameOf(id), username_key: usernameOf(id), search_text: `${usernameOf(id)}\n`, email: null, active: id % 1000 !== 8, is_super_admin: false, created_at: START_MS }])],
    ['datacenter', numbered(FIRST_DATACENTER, admins, (id) => [{
      id, name: NAMED.get(id) ?? `dc-${id}`, name_key: NAMED.get(id) ?? `dc-${id}`, alias: `Datacenter ${id}`, access: id % 2 === 0 ? 'PUBLIC' : 'PRIVATE', owner_id: 1, created_at: START_MS,
    }])],
    // Group 1 makes DCAdmins of main, group 2 ImageAdmins of main, few and dc-3; every other datacenter has one of its own. The user manyadmin is in half of them.
    ['user_group', numbered(1, admins, (id) => [{ id, name: `group-${id}`, name_key: `group-${id}`, alias: `group-${id}`, search_text: `group-${id}\ngroup-${id}`, permissions: JSON.stringify(id === 1 ? ['ADMIN'] : ['ADMIN', 'IMAGE_ADMIN']), created_at: START_MS }])],
    ['datacenter_group', [{ group_id: 1, datacenter_id: MAIN }, ...[MAIN, FEW, 3].map((datacenter_id) => ({ group_id: 2, datacenter_id })), ...numbered(3, admins - 2, (id) => [{ group_id: id, datacenter_id: id + 1 }])]],
    ['user_group_member', [{ user_id: PEOPLE.dcadmin, group_id: 1 }, { user_id: PEOPLE.imageadmin, group_id: 2 },
      ...numbered(3, Math.floor(admins / 2), (group_id) => [{ user_id: PEOPLE.manyadmin, group_id }]), ...numbered(8, size.users - 5, (id) => [{ user_id: id, group_id: 3 + (id % (admins - 2)) }])]],
    ['image', numbered(1, size.images, (n) => [{ ...imageOf(n, size), ...listedOf(n, size) }])],
    ['image_attachment', numbered(1, size.images, (n) => attachmentsOf(n, size))],
    ['image_tag', numbered(1, size.images, tagsOf)],
    ['virtual_server', numbered(2, size.servers, (id) => [{
      id, uuid: uuidOf('30', id), hostname: `server-${id}`, hostname_key: `server-${id}`, datacenter_id: id % 2 === 0 ? MAIN : 1 + (mix(id, 11) % size.datacenters), owner_id: FIRST_USER + (mix(id, 12) % size.users),
      os_type: OS_TYPES[mix(id, 16) % 4], status: id % 50_000 === 4 ? 'ERROR' : 'RUNNING', tags: '[]', addresses: '[]', created_at: START_MS,
    }])],
    ['virtual_disk', numbered(2, size.servers, (n) => disksOf(n, size))],
    ['image_repository', [{ id: 1, name: 'offers', url: 'http://offers.invalid', is_local: false, retired: false, status: 'OK', last_update: START_MS, image_count: size.offers, generation: 1, created_at: START_MS }]],
    ['repository_image', numbered(1, size.offers, (n) => [offerOf(n)])],
    ['task', numbered(1, size.images, (n) => [taskOf(n, size)])],
  ];
}
