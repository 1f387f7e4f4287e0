import { IMAGE_ORDER_FIELDS } from '../../src/images/image.enums.js';
import type { Material, Operation } from '../fuzz/operations.js';
import type { Tape } from '../fuzz/tape.js';
import type { Facts } from './facts.js';
import { everyFilter } from './filters.js';
import { missingId, NO_IDS } from './ids.js';

const NOWHERE = 'nowhere';
const MOST_IDS = 100;
const TYPES = ['User', 'Group', 'Datacenter', 'Image', 'ImageRepository', 'VirtualServer', 'Snapshot', 'Task'];
const NO_UUID = '00000000-0000-4000-8000-000000000000';

/** Left out: what only the gateway knows (cursors), and verdicts, which have a test of their own. */
const UNKNOWN = new Set(['cursor', 'startCursor', 'endCursor', 'after', 'before', 'actions', 'cancel', '_entities', 'publishedAfter', 'lastUsedAt', 'notImportableDetail']);

/** Beside `showAll` it says nothing. */
const IDLE = 'Query.images.datacenter';

const PLAIN = {
  image: 'id uuid name alias version access dcBound size osType status resize deploy description tags homepage createdAt updatedAt owner { id username } boundDatacenter { id name } datacenters { id name }',
  guarded: 'manifest file { sha1 } repository { name } manifestUrl sourceSnapshot { name } origin { name } children { nodes { name } totalCount } servers { nodes { hostname } totalCount } serverCount tasks(first: 200) { nodes { id } totalCount }',
  datacenter: 'id name alias access owner { username } description isDefault createdAt imageCount boundImageCount',
  server: 'id uuid hostname datacenter { name } owner { username } osType status ownTags tags disks { diskId size image { name } } snapshots { id name size server { hostname } } isImageServer',
  task: 'id action status phase user { username } datacenter { name } image { name } imageName repository { name } detail createdAt',
};

const page = (fields: string): string => `{ nodes { ${fields} } totalCount pageInfo { hasNextPage hasPreviousPage } }`;

/** Every list, and every way to each row of the world: by name, by key, behind relations, as an entity. */
export function everyWay(facts: Facts): Operation[] {
  const plain = (query: string, variables: Record<string, unknown> = {}): Operation => ({ query, variables });
  const places = [...facts.datacenters.map(({ name }) => name), NOWHERE].flatMap((name) => [
    plain(`query ($d: String!) { datacenter(name: $d) { ${PLAIN.datacenter} settings { vmsImageLimit } } }`, { d: name }),
    plain(`query ($d: String!) { datacenter(name: $d) { name images(first: 200, showDeleted: true) ${page('name')} } }`, { d: name }),
    plain(`query ($d: String!) { datacenter(name: $d) { usableImages(first: 200) ${page('name')} servers ${page('hostname')} } }`, { d: name }),
    plain(`query ($d: String!) { images(datacenter: $d, first: 200) ${page(PLAIN.image)} }`, { d: name }),
    // One at a time: of two that are refused, either may be the first to say so.
    plain(`query ($d: String!) { usableImages(datacenter: $d, first: 200) ${page(PLAIN.image)} }`, { d: name }),
    plain(`query ($d: String!) { servers(datacenter: $d) ${page(PLAIN.server)} }`, { d: name }),
    plain(`query ($d: String!) { tasks(datacenter: $d, first: 200) ${page(PLAIN.task)} }`, { d: name }),
    plain('query ($d: String!) { viewer { permissions(datacenter: $d) } }', { d: name }),
    plain('query ($d: String!) { datacenter(name: $d) { groups { name } } }', { d: name }),
    plain(`query ($d: String!) { datacenter(name: $d) { members(first: 200) ${page('username')} some: members(search: "ER1", last: 2) ${page('username')} } }`, { d: name }),
  ]);
  const images = [...facts.images, { name: NOWHERE, uuid: NO_UUID }].map(({ name, uuid }) =>
    plain(
      `query ($n: String!, $u: UUID!) { image(name: $n) { ${PLAIN.image} ${PLAIN.guarded} } again: image(uuid: $u) { name } tasks(image: $n, first: 200) ${page(PLAIN.task)} }`,
      { n: name, u: uuid },
    ),
  );
  const servers = [...facts.servers, { hostname: NOWHERE, uuid: NO_UUID }].map(({ hostname, uuid }) =>
    plain(`query ($n: String!, $u: UUID!) { server(hostname: $n) { ${PLAIN.server} } again: server(uuid: $u) { disks { image { name owner { username } } } } }`, { n: hostname, u: uuid }),
  );
  const ids = [...facts.tasks.map(({ id }) => id), NO_UUID];
  const tasks = plain(`{ ${ids.map((id, at) => `t${at}: task(id: "${id}") { id }`).join(' ')} }`);
  const filtered = everyFilter(facts).flatMap((filter) => [
    plain(`query ($f: ImageFilter) { images(showAll: true, showDeleted: true, first: 200, filter: $f) ${page('name')} }`, { f: filter }),
    plain(`query ($f: ImageFilter) { usableImages(first: 200, filter: $f) ${page('name')} }`, { f: filter }),
  ]);
  const orders = IMAGE_ORDER_FIELDS.flatMap((field) => ['ASC', 'DESC'].flatMap((direction) => [
    plain(`{ images(showAll: true, showDeleted: true, first: 3, orderBy: { field: ${field}, direction: ${direction} }) ${page('name')} }`),
    plain(`{ usableImages(datacenter: "main", last: 3, orderBy: { field: ${field}, direction: ${direction} }) ${page('name')} }`),
  ]));
  return [...places, ...images, ...servers, tasks, ...filtered, ...orders, ...serverFilters(facts), ...taskFilters(facts), ...everyList(), entities(facts), nodes(facts)];
}

function serverFilters(facts: Facts): Operation[] {
  const owners = facts.users.slice(0, 3).map(({ username }) => ({ owner: username }));
  const images = facts.images.slice(0, 3).map(({ name }) => ({ image: name }));
  const filters = [{ search: 'SERVER1' }, { search: '' }, { osType: ['BSD_VM', 'SUNOS_ZONE'] }, { status: ['RUNNING'] }, { status: ['ERROR'], osType: [] }, { image: NOWHERE }, { owner: NOWHERE }, ...owners, ...images];
  return facts.datacenters.slice(0, 2).flatMap(({ name }) => filters.map((filter) => ({
    query: `query ($d: String!, $f: ServerFilter) { servers(datacenter: $d, first: 200, filter: $f) ${page('hostname')} }`,
    variables: { d: name, f: filter },
  })));
}

function taskFilters({ users, tasks, repository }: Facts): Operation[] {
  const [middle] = tasks.slice(Math.floor(tasks.length / 2));
  const date = middle?.createdAt ?? '2026-01-01T00:00:00.000Z';
  const filters = [
    ...[...users.slice(0, 2).map(({ username }) => username), NOWHERE].map((user) => ({ user })),
    ...[repository.name, NOWHERE].map((name) => ({ repository: name })),
    { createdAfter: date }, { createdBefore: date }, { createdAfter: date, createdBefore: date }, { user: 'admin', createdBefore: date, status: ['SUCCEEDED'] },
  ];
  const query = `query ($user: String, $repository: String, $createdAfter: DateTime, $createdBefore: DateTime, $status: [TaskStatus!]) {
    tasks(first: 200, user: $user, repository: $repository, createdAfter: $createdAfter, createdBefore: $createdBefore, status: $status) ${page('id')} }`;
  return filters.map((variables) => ({ query, variables }));
}

function everyList(): Operation[] {
  const queries = [
    '{ viewer { id user { id username email isSuperAdmin active groups { id name permissions } } currentDatacenter { name } permissions } }',
    `{ viewer { datacenters { ${PLAIN.datacenter} } } }`,
    `{ datacenters(first: 200) ${page('name')} }`,
    `{ images(showAll: true, showDeleted: true, first: 200) ${page('name')} }`,
    `{ images(showAll: true, first: 3, orderBy: { field: CREATED_AT, direction: DESC }) ${page('name')} }`,
    `{ images(showDeleted: true, last: 2, orderBy: { field: ALIAS }) ${page('name alias')} }`,
    `{ usableImages(first: 200) ${page('name')} }`,
    `{ servers ${page('hostname')} }`,
    `{ tasks(first: 200) ${page(PLAIN.task)} }`,
    `{ imageRepositories { id name imageCount images(first: 200) ${page('id uuid name importable notImportableReason image { name }')} } }`,
    '{ imageServer { url } }',
    '{ globalSettings { vmsImageVm { hostname } vmsImageRepositories { name } } }',
    `{ users(first: 200) ${page('username email isSuperAdmin groups { name }')} }`,
    `{ users(search: "USER1@", active: true, last: 2) ${page('username')} }`,
    `{ users(active: false) ${page('username')} }`,
    `{ groups(first: 200) ${page('name permissions users { username } datacenters { name }')} }`,
    `{ groups(search: "GROUP0", last: 1) ${page('name')} }`,
    `{ datacenters(search: "C1") ${page('name')} }`,
    '{ user(username: "admin") { username } }',
    '{ group(name: "group0") { name } }',
  ];
  return queries.map((query) => ({ query, variables: {} }));
}

export function references(facts: Facts): object[] {
  return [
    ...facts.images.flatMap(({ name, uuid }) => [{ __typename: 'Image', name }, { __typename: 'Image', uuid }]),
    ...facts.datacenters.map(({ name }) => ({ __typename: 'Datacenter', name })),
    ...facts.users.map(({ username }) => ({ __typename: 'User', username })),
    ...facts.servers.flatMap(({ hostname, uuid }) => [{ __typename: 'VirtualServer', hostname }, { __typename: 'VirtualServer', uuid }]),
    ...[...facts.ids].map(([key, id]) => ({ __typename: key.split(' ')[0], id })),
    ...TYPES.map((type) => ({ __typename: type, id: missingId(type) })),
    { __typename: 'Image', id: facts.ids.get('Datacenter main') },
    { __typename: 'ImageRepository', name: facts.repository.name },
    { __typename: 'Image', name: NOWHERE },
    { __typename: 'Datacenter', name: NOWHERE },
  ];
}

function entities(facts: Facts): Operation {
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Image { name serverCount } ... on Datacenter { name }
    ... on User { username email } ... on VirtualServer { hostname } ... on Task { id imageName } ... on ImageRepository { name }
    ... on Group { id name } ... on RepositoryImage { id name } ... on Snapshot { id name } ... on Viewer { id user { username } } } }`;
  return { query, variables: { r: references(facts) } };
}

/** Everything by its id, one by one and together. */
function nodes(facts: Facts): Operation {
  const query = `query ($one: ID!, $ids: [ID!]!) { one: node(id: $one) { __typename id } nodes(ids: $ids) { __typename id ... on Image { name owner { id username } } ... on Datacenter { name } ... on User { username }
    ... on Group { name datacenters { id name } } ... on VirtualServer { hostname } ... on Snapshot { name server { id hostname } } ... on Task { imageName image { id name } }
    ... on ImageRepository { name } ... on RepositoryImage { name repository { id name } image { id name } importable nameTaken } } }`;
  const ids = [...facts.ids.values(), ...TYPES.map(missingId), ...NO_IDS].slice(0, MOST_IDS);
  return { query, variables: { one: facts.ids.get('Image image0'), ids } };
}

/** Arguments that name something of the world, or nothing at all. */
export function material(facts: Facts): Material {
  const datacenters = [...facts.datacenters.map(({ name }) => name), NOWHERE];
  const images = [...facts.images.map(({ name }) => name), NOWHERE];
  const dates = facts.images.map(({ createdAt }) => createdAt);
  const texts: Record<string, readonly string[]> = {
    'Query.datacenter.name': datacenters,
    'Query.image.name': images,
    'Query.tasks.image': images,
    'Query.tasks.user': [...facts.users.map(({ username }) => username), NOWHERE],
    'Query.tasks.repository': [facts.repository.name, NOWHERE],
    'Query.users.search': ['user', 'ER1', '@', ''],
    'Query.groups.search': ['OUP', '1', ''],
    'Query.datacenters.search': ['dc', 'MAIN', '1', ''],
    'Datacenter.members.search': ['user', 'ER1', '@', ''],
    'ServerFilter.search': ['SERVER', '1', '%', ''],
    'ServerFilter.image': images,
    'ServerFilter.owner': [...facts.users.map(({ username }) => username), NOWHERE],
    'ImageFilter.name': images,
    'ImageFilter.version': ['1.0', '2.0-beta', 'none'],
    'ImageFilter.repository': [facts.repository.name, NOWHERE],
    'Query.server.hostname': [...facts.servers.map(({ hostname }) => hostname), NOWHERE],
    'Query.imageRepository.name': [facts.repository.name, NOWHERE],
    'Query.group.name': [...facts.groups.map(({ name }) => name), NOWHERE],
    'Query.user.username': [...facts.users.map(({ username }) => username), NOWHERE],
    'ImageFilter.search': ['alias', 'The ALIAS', 'image', '1', 'ias 2', '%', '_', ''],
    'ImageFilter.tags': ['web', 'db', 'env:test'],
    'ImageFilter.owner': [...facts.users.map(({ username }) => username), NOWHERE],
    'RepositoryImageFilter.search': ['spare', 'IMAGE1', '%', ''],
    'RepositoryImageFilter.type': ['zvol', 'zone-dataset', 'docker'],
  };
  const uuids: Record<string, readonly string[]> = {
    'Query.server.uuid': [...facts.servers.map(({ uuid }) => uuid), NO_UUID],
  };
  return {
    isWanted: (place) => {
      const [, field = '', argument] = place.split('.');
      return !UNKNOWN.has(argument ?? field) && place !== IDLE;
    },
    scalar: (type, place, tape: Tape) => {
      if (type === 'Int') return place.endsWith('Size') ? tape.pick([1024, 1025, 10_240]) : 1 + tape.draw(4);
      if (type === 'Boolean') return tape.draw(2) === 0;
      if (type === 'DateTime') return tape.pick(dates);
      if (type === 'ID') return tape.pick(place.startsWith('Query.node') ? [...facts.ids.values(), ...NO_IDS] : [...facts.tasks.map(({ id }) => id), NO_UUID]);
      if (type === 'UUID') return tape.pick(uuids[place] ?? [...facts.images.map(({ uuid }) => uuid), ...facts.offered.map(({ uuid }) => uuid), NO_UUID]);
      return tape.pick(texts[place] ?? (place.endsWith('.datacenter') ? datacenters : [NOWHERE]));
    },
    depth: 4,
    fields: 30,
    optional: 40,
  };
}
