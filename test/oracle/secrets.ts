import type { Operation } from '../fuzz/operations.js';
import type { Facts } from './facts.js';
import { missingId } from './ids.js';
import { Rules } from './rules.js';

/** Something a user may not see, a name or id of the same form that nothing has, and operations about `SECRET`. */
export interface Secret {
  hidden: string;
  missing: string;
  operations: Operation[];
}

const NO_UUID = '99999999-9999-4999-8999-999999999999';

function about(variable: string, queries: readonly string[]): Operation[] {
  return queries.map((query) => ({ query: `${query.startsWith('mutation') ? '' : 'query '}${query}`, variables: { [variable]: 'SECRET' } }));
}

const IMAGE = about('n', [
  '($n: String!) { image(name: $n) { name } }',
  '($n: String!) { usableImages(filter: { name: [$n] }) { totalCount } }',
  '($n: String!) { images(showAll: true, showDeleted: true, filter: { name: [$n] }) { totalCount } }',
  '($n: String!) { servers(filter: { image: $n }) { totalCount } }',
  'mutation ($n: String!) { updateImage(input: { name: $n, description: "x" }) { image { name } } }',
  'mutation ($n: String!) { updateImage(input: { name: $n, dcBound: false, alias: "<" }) { image { name } } }',
  'mutation ($n: String!) { deleteImage(input: { name: $n }) { name } }',
  'mutation ($n: String!) { attachImage(input: { image: $n, datacenter: "main" }) { bindingRemoved } }',
  'mutation ($n: String!) { detachImage(input: { image: $n, datacenter: "main" }) { bindingRemoved } }',
  '($n: String!) { _entities(representations: [{ __typename: "Image", name: $n }]) { ... on Image { name serverCount } } }',
]);

/** A task may be seen where its image may not, and says its name. */
const LOG = about('n', ['($n: String!) { tasks(image: $n) { totalCount nodes { id } } }']);

const IMAGE_UUID = about('u', [
  '($u: UUID!) { image(uuid: $u) { name } }',
  '($u: UUID!) { usableImages(filter: { uuid: [$u] }) { totalCount } }',
  '($u: String!) { _entities(representations: [{ __typename: "Image", uuid: $u }]) { ... on Image { name } } }',
]);

const DATACENTER = about('d', [
  '($d: String!) { datacenter(name: $d) { name } }',
  '($d: String!) { images(datacenter: $d) { totalCount } }',
  '($d: String!) { images(showAll: true, datacenter: $d) { totalCount } }',
  '($d: String!) { usableImages(datacenter: $d) { totalCount } }',
  '($d: String!) { servers(datacenter: $d) { totalCount } }',
  '($d: String!) { tasks(datacenter: $d) { totalCount } }',
  '($d: String!) { viewer { permissions(datacenter: $d) } }',
  'mutation ($d: String!) { switchDatacenter(name: $d) { currentDatacenter { name } } }',
  'mutation ($d: String!) { importImage(input: { name: "new", manifestUrl: "http://127.0.0.1:9/x", datacenter: $d }) { image { name } } }',
  'mutation ($d: String!) { importRepositoryImage(input: { repository: "remote", uuid: "99999999-9999-4999-8999-999999999999", datacenter: $d }) { image { name } } }',
  'mutation ($d: String!) { updateDatacenter(input: { name: $d, alias: "x" }) { name } }',
  'mutation ($d: String!) { updateDatacenterSettings(input: { datacenter: $d, vmsImageLimit: 1 }) { name } }',
  'mutation ($d: String!) { deleteDatacenter(name: $d) }',
  '($d: String!) { _entities(representations: [{ __typename: "Datacenter", name: $d }]) { ... on Datacenter { name } } }',
]);

const SERVER = about('h', [
  '($h: String!) { server(hostname: $h) { hostname } }',
  'mutation ($h: String!) { createImageFromSnapshot(input: { server: $h, snapshot: "nightly", name: "new" }) { image { name } } }',
  'mutation ($h: String!) { registerSnapshot(input: { server: $h, name: "x", size: 1 }) { name } }',
  '($h: String!) { _entities(representations: [{ __typename: "VirtualServer", hostname: $h }]) { ... on VirtualServer { hostname } } }',
]);

const SERVER_UUID = about('u', [
  '($u: UUID!) { server(uuid: $u) { hostname } }',
  'mutation ($u: String!) { createImageFromSnapshot(input: { server: $u, snapshot: "nightly", name: "new" }) { image { name } } }',
  'mutation ($u: UUID!) { updateServer(input: { uuid: $u, hostname: "x" }) { hostname } }',
  'mutation ($u: UUID!) { unregisterServer(uuid: $u) }',
]);

const TASK = about('i', [
  '($i: ID!) { task(id: $i) { id } }',
  'mutation ($i: ID!) { cancelTask(id: $i) { id } }',
  '($i: String!) { _entities(representations: [{ __typename: "Task", id: $i }]) { ... on Task { id imageName } } }',
]);

const NODE = about('i', [
  '($i: ID!) { node(id: $i) { __typename id } nodes(ids: [$i, $i]) { __typename id } }',
  ...['Image', 'Datacenter', 'User', 'Group', 'VirtualServer', 'Snapshot', 'ImageRepository', 'RepositoryImage', 'Viewer'].map(
    (type) => `($i: String!) { _entities(representations: [{ __typename: "${type}", id: $i }]) { __typename } }`,
  ),
]);

const PERSON = about('p', [
  '($p: String!) { user(username: $p) { username } }',
  '($p: String!) { group(name: $p) { name } }',
  '($p: String!) { usableImages(filter: { owner: $p, search: "no such text" }) { totalCount } }',
  '($p: String!) { servers(filter: { owner: $p, search: "no such text" }) { totalCount } }',
  '($p: String!) { tasks(user: $p, createdBefore: "2000-01-01T00:00:00Z") { totalCount } }',
  '($p: String!) { _entities(representations: [{ __typename: "User", username: $p }]) { ... on User { username } } }',
  'mutation ($p: String!) { updateUser(input: { username: $p, email: "x" }) { username } }',
  'mutation ($p: String!) { createApiKey(input: { username: $p, name: "x" }) { key } }',
  'mutation ($p: String!) { deleteGroup(name: $p) }',
]);

/** A name that nothing has, of the same length and alphabet. */
function like(name: string): string {
  return name.replace(/\d+$/, (digits) => '9'.repeat(digits.length)).replace(/^main$/, 'mine');
}

/** The id of an object and one of the same type that nothing has. */
function secretId(facts: Facts, type: string, name: string, operations: Operation[]): Secret {
  return { hidden: facts.ids.get(`${type} ${name}`) ?? '', missing: missingId(type), operations };
}

function secret(operations: Operation[]): (hidden: string) => Secret {
  return (hidden) => ({ hidden, missing: /^[0-9a-f]{8}-/.test(hidden) ? NO_UUID : like(hidden), operations });
}

/** Everything in the world that a user may not see. Names with more than one digit at the end would collide; there are none. */
export function secrets(facts: Facts, username: string): Secret[] {
  const rules = new Rules(facts, username);
  const images = facts.images.filter((image) => !rules.seesImage(image));
  const unlogged = images.filter(({ name }) => !facts.tasks.some((task) => task.imageName === name && rules.seesTask(task)));
  const servers = facts.servers.filter((server) => !rules.seesServer(server));
  const datacenters = facts.datacenters.filter((one) => !rules.hasAccess(one));
  const tasks = facts.tasks.filter((task) => !rules.seesTask(task));
  const people = rules.isSuperAdmin ? [] : facts.users.filter((user) => user.username !== username && user.username !== 'admin');
  return [
    ...images.map(({ name }) => name).map(secret(IMAGE)),
    ...unlogged.map(({ name }) => name).map(secret(LOG)),
    ...images.map(({ uuid }) => uuid).map(secret(IMAGE_UUID)),
    ...datacenters.map(({ name }) => name).map(secret(DATACENTER)),
    ...servers.map(({ hostname }) => hostname).map(secret(SERVER)),
    ...servers.map(({ uuid }) => uuid).map(secret(SERVER_UUID)),
    ...tasks.slice(0, 3).map(({ id }) => secretId(facts, 'Task', id, [...TASK, ...NODE])),
    ...images.map(({ name }) => secretId(facts, 'Image', name, NODE)),
    ...datacenters.map(({ name }) => secretId(facts, 'Datacenter', name, NODE)),
    ...servers.map(({ hostname }) => secretId(facts, 'VirtualServer', hostname, NODE)),
    ...servers.filter(({ snapshots }) => snapshots.length > 0).map(({ hostname }) => secretId(facts, 'Snapshot', `${hostname} nightly`, NODE)),
    ...people.slice(0, 2).map((user) => secretId(facts, 'User', user.username, NODE)),
    ...people.slice(0, 2).map((user) => user.username).map(secret(PERSON)),
  ];
}
