import { imageName } from './catalogue-rows.js';

const FIELDS = 'nodes { name alias version size status tags owner { username } datacenters { name } boundDatacenter { name } } pageInfo { endCursor }';
const ONE = 'name owner { username } datacenters { name } boundDatacenter { name }';
const OFFER = 'nodes { name version importable notImportableReason image { name } } pageInfo { endCursor }';

/** The cursor of a row: the value of the order, the id, and the name of the order, with a minus for DESC. */
function cursor(value, id, order) {
  return Buffer.from(JSON.stringify([value, id, order])).toString('base64url');
}

/** A number of an image, another one each time and all over the catalogue. */
function some(at, images) {
  return 1 + ((at * 7919 + 13) % images);
}

/** The part of its name that no other image has. */
function ownPart(n) {
  return imageName(n).slice(-5);
}

const noVariables = () => ({});
const images = (list, rest = '', declared = '') => `query${declared} { images(datacenter: "main"${list}) { ${rest || FIELDS} } }`;
const found = images(', filter: { search: $text }', '', ' ($text: String!)');
const offers = (list, declared = '') => `query${declared} { imageRepository(name: "offers") { images${list} { ${OFFER} } } }`;

const servers = (filter, declared = '') => `query${declared} { servers(datacenter: "main", filter: { ${filter} }) { nodes { hostname status owner { username } } pageInfo { endCursor } } }`;
const tasks = (list) => `{ tasks${list} { nodes { action status createdAt user { username } } pageInfo { endCursor } } }`;
/** Orders with a value that many images have. */
const ORDERS = [['VERSION', '5.10'], ['OS_TYPE', 'LINUX_VM'], ['STATUS', 'OK'], ['OWNER', 'user-50'], ['UPDATED_AT', 1_739_900_000_000]];

/**
 * What is asked of each catalogue: [letter, what, who asks, query, variables of the question number `at` of a catalogue with so
 * many images and so many offers of a repository]. Those with `*` cost what the catalogue costs, and are shown without a limit.
 */
export const QUESTIONS = [
  ['a', 'a page of a datacenter with all images', 'admin', images(''), noVariables],
  ['a', 'the same, deep inside', 'admin', images(', after: $after', '', ' ($after: String!)'), (at, { images: n }) => ({ after: cursor(imageName(some(at, n)), 1, 'NAME') })],
  ['a', 'the same, its end', 'admin', images(', last: 50'), noVariables],
  ['a', 'by alias, deep inside', 'admin', images(', orderBy: { field: ALIAS }, after: $after', '', ' ($after: String!)'), (at, { images: n }) => ({ after: cursor(`rocky ${some(at, n).toString(36)}`, 1, 'ALIAS') })],
  ['a', 'a page of a datacenter with five', 'imageadmin', `{ images(datacenter: "few") { ${FIELDS} } }`, noVariables],
  ['a', 'every image, by date', 'admin', `{ images(showAll: true, orderBy: { field: CREATED_AT, direction: DESC }) { ${FIELDS} } }`, noVariables],
  ['a', 'every image of an admin of three datacenters', 'imageadmin', `{ images(showAll: true) { ${FIELDS} } }`, noVariables],
  ['a', 'every image of an admin of half of the datacenters', 'manyadmin', `{ images(showAll: true) { ${FIELDS} } }`, noVariables],
  ['b', 'one image by name', 'admin', `query ($name: String!) { image(name: $name) { ${ONE} } }`, (at, { images: n }) => ({ name: imageName(some(at, n)) })],
  ['b', 'the same by a plain user', 'plain', `query ($name: String!) { image(name: $name) { ${ONE} } }`, (at, { images: n }) => ({ name: imageName(some(at, n)) })],
  ['b', 'the same by an admin of half of the datacenters', 'manyadmin', `query ($name: String!) { image(name: $name) { ${ONE} } }`, (at, { images: n }) => ({ name: imageName(some(at, n)) })],
  ['b', 'who uses it', 'admin', 'query ($name: String!) { image(name: $name) { serverCount servers { nodes { hostname } } } }', (at, { images: n }) => ({ name: imageName(some(at, n)) })],
  ['c', 'what a plain user may use', 'plain', `{ usableImages(datacenter: "main") { ${FIELDS} } }`, noVariables],
  ['c', 'the same, deep inside', 'plain', `query ($after: String!) { usableImages(datacenter: "main", after: $after) { ${FIELDS} } }`, (at, { images: n }) => ({ after: cursor(imageName(some(at, n)), 1, 'NAME') })],
  ['c', 'the same where five are', 'plain', `{ usableImages(datacenter: "few") { ${FIELDS} } }`, noVariables],
  ['c', 'five among many of others', 'tenant', `{ usableImages(datacenter: "closed") { ${FIELDS} } }`, noVariables],
  ['d', 'filtered, searched, sorted', 'admin', images(', filter: { search: "Kernel", osType: [LINUX_VM], access: [PUBLIC] }, orderBy: { field: SIZE, direction: DESC }'), noVariables],
  ['d', 'a search that finds a third', 'admin', found, () => ({ text: 'kernel' })],
  ['d', 'the same, deep inside', 'admin', images(', filter: { search: "kernel" }, after: $after', '', ' ($after: String!)'), (at, { images: n }) => ({ after: cursor(imageName(some(at, n)), 1, 'NAME') })],
  ['d', 'a search that finds 35', 'admin', found, () => ({ text: '-0000' })],
  ['d', 'a search that finds one', 'admin', found, (at, { images: n }) => ({ text: ownPart(some(at, n)) })],
  ['d', 'a search that finds nothing', 'admin', found, (at) => ({ text: `zebra ${at}` })],
  ['d', 'a search of two characters', 'admin', found, () => ({ text: 'BA' })],
  ['d', 'by a tag that a tenth has', 'admin', images(', filter: { tags: ["role-3"] }'), noVariables],
  ['d', 'by a tag that forty have, by date', 'admin', images(', filter: { tags: [$tag] }, orderBy: { field: CREATED_AT }', '', ' ($tag: String!)'), (at, { images: n }) => ({ tag: `batch-${Math.floor(some(at, n) / 40)}` })],
  ['d', 'by owner', 'admin', images(', filter: { owner: $owner }', '', ' ($owner: String!)'), (at) => ({ owner: `user-${10 + (at % 90)}` })],
  ['e', 'a page of a repository', 'admin', offers(''), noVariables],
  ['e', 'the same, deep inside', 'admin', offers('(after: $after)', ' ($after: String!)'), (at) => ({ after: cursor(1_735_689_600_000 + ((at * 7919) % 365) * 86_400_000, 1, '-PUBLISHED_AT') })],
  ['e', 'by name', 'admin', offers('(orderBy: { field: NAME, direction: ASC })'), noVariables],
  ['e', 'what can be imported', 'admin', offers('(filter: { importable: true, osType: [LINUX_VM] })'), noVariables],
  ['e', 'a search that finds a third', 'admin', offers('(filter: { search: "hardened" })'), noVariables],
  ['e', 'a search that finds one', 'admin', offers('(filter: { search: $text })', ' ($text: String!)'), (at, { offers: n }) => ({ text: ownPart(some(at, n)) })],
  ['e', 'a search that finds nothing', 'admin', offers('(filter: { search: $text })', ' ($text: String!)'), (at) => ({ text: `zebra ${at}` })],
  ...ORDERS.flatMap(([field, key]) => [
    ['g', `a datacenter with all images by ${field}`, 'admin', images(`, orderBy: { field: ${field} }`), noVariables],
    ['g', `the same, deep inside`, 'admin', images(`, orderBy: { field: ${field} }, after: $after`, '', ' ($after: String!)'), (at, { images: n }) => ({ after: cursor(key, some(at, n), field) })],
    ['g', `every image by ${field}, from its end`, 'admin', `{ images(showAll: true, last: 50, orderBy: { field: ${field} }) { ${FIELDS} } }`, noVariables],
    ['g', `what a plain user may use by ${field}`, 'plain', `{ usableImages(datacenter: "main", orderBy: { field: ${field}, direction: DESC }) { ${FIELDS} } }`, noVariables],
  ]),
  ['g', 'changed within an hour', 'admin', images(', filter: { updatedAfter: "2025-02-19T12:00:00Z", updatedBefore: "2025-02-19T13:00:00Z" }'), noVariables],
  ['g', 'changed in half of the time', 'admin', images(', filter: { updatedAfter: "2025-02-19T00:00:00Z" }'), noVariables],
  ['g', '100 by name', 'admin', images(', filter: { name: $names }', '', ' ($names: [String!])'), (at, { images: n }) => ({ names: Array.from({ length: 100 }, (_, one) => imageName(some(at * 100 + one, n))) })],
  ['g', 'of a version that a hundredth has', 'admin', images(', filter: { version: ["3.7"] }, orderBy: { field: UPDATED_AT, direction: DESC }'), noVariables],
  ['g', 'between two sizes', 'admin', images(', filter: { minSize: 10240, maxSize: 20480 }'), noVariables],
  ['g', 'imported from a repository', 'admin', images(', filter: { repository: ["offers"] }'), noVariables],
  ['g', 'in use', 'admin', images(', filter: { inUse: true }'), noVariables],
  ['g', 'not in use', 'admin', images(', filter: { inUse: false }'), noVariables],
  ['g', 'neither PUBLIC nor Linux', 'admin', images(', filter: { not: { access: [PUBLIC], osType: [LINUX_VM] } }'), noVariables],
  ['g', 'a search of servers among half of all', 'admin', servers('search: "er-12"'), noVariables],
  ['g', 'the same that finds one', 'admin', servers('search: $text', ' ($text: String!)'), (at) => ({ text: `server-${1000 + at * 2}` })],
  ['g', 'servers of a state that few are in', 'admin', servers('status: [ERROR]'), noVariables],
  ['g', 'servers of a state that nearly all are in', 'admin', servers('status: [RUNNING], osType: [LINUX_VM]'), noVariables],
  ['g', 'servers of an owner', 'admin', servers('owner: $owner', ' ($owner: String!)'), (at) => ({ owner: `user-${10 + (at % 80)}` })],
  ['g', 'servers with an image', 'admin', servers('image: $image', ' ($image: String!)'), (at, { images: n }) => ({ image: imageName(some(at, n)) })],
  ['g', 'own servers of a plain user', 'plain', '{ servers(datacenter: "main") { nodes { hostname } } }', noVariables],
  ['g', 'users', 'admin', '{ users { nodes { username } pageInfo { endCursor } } }', noVariables],
  ['g', 'users who cannot sign in', 'admin', '{ users(active: false) { nodes { username } } }', noVariables],
  ['g', 'a search of users that finds many', 'admin', '{ users(search: "USER") { nodes { username } } }', noVariables],
  ['g', 'a search of users that finds one', 'admin', 'query ($text: String!) { users(search: $text) { nodes { username } } }', (at, { users: n }) => ({ text: `user-${n - 1 - (at % 50)}` })],
  ['g', 'a search of groups that finds one', 'admin', '{ groups(search: "oup-19") { nodes { name } } }', noVariables],
  ['g', 'a search of datacenters that finds one', 'admin', '{ datacenters(search: "center 19") { nodes { name } } }', noVariables],
  ['g', 'members of a public datacenter', 'dcadmin', '{ datacenter(name: "main") { members { nodes { username } } } }', noVariables],
  ['g', 'members of a private one', 'imageadmin', '{ datacenter(name: "dc-3") { members { nodes { username } } } }', noVariables],
  ['g', 'tasks', 'admin', tasks(''), noVariables],
  ['g', 'tasks of a user', 'admin', tasks('(user: "plain")'), noVariables],
  ['g', 'tasks of a repository', 'admin', tasks('(repository: "offers")'), noVariables],
  ['g', 'the same between two times', 'admin', tasks('(repository: "offers", createdAfter: "2025-01-02T00:00:00Z", createdBefore: "2025-01-02T06:00:00Z")'), noVariables],
  ['g', 'tasks before a time', 'admin', tasks('(createdBefore: "2025-01-02T00:00:00Z")'), noVariables],
  ['g', 'tasks of a state that few are in', 'admin', tasks('(status: [FAILED])'), noVariables],
  ['g', 'tasks of a state that nearly all are in, of a user', 'admin', tasks('(status: [SUCCEEDED], user: "plain")'), noVariables],
  ['g', 'own tasks of a plain user', 'plain', tasks(''), noVariables],
  ['f', '100 references by name', 'admin', 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Image { name status owner { username } } } }', references],
  ['f', 'the same by a plain user', 'plain', 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Image { name status owner { username } } } }', references],
  ['*', 'totalCount of a datacenter with all images', 'admin', images('', 'totalCount'), noVariables],
  ['*', 'totalCount of what a plain user may use', 'plain', '{ usableImages(datacenter: "main") { totalCount } }', noVariables],
  ['*', 'totalCount of a search that finds a third', 'admin', images(', filter: { search: "kernel" }', 'totalCount'), noVariables],
  ['*', 'imageCount and boundImageCount of a datacenter with all', 'admin', '{ datacenter(name: "main") { imageCount boundImageCount } }', noVariables],
  ['*', 'imageCount of it for a plain user', 'plain', '{ datacenter(name: "main") { imageCount } }', noVariables],
  ['*', 'several weak filters that few pass', 'admin', images(', filter: { osType: [WINDOWS_VM], access: [DELETED], tags: ["role-3"], dcBound: false }, showDeleted: true'), noVariables],
  ['*', 'a third and an eighth that nobody passes', 'admin', images(', filter: { osType: [BSD_VM], search: "debian", access: [PUBLIC] }'), noVariables],
];

function references(at, { images: n }) {
  return { of: Array.from({ length: 100 }, (_, one) => ({ __typename: 'Image', name: imageName(some(at * 100 + one, n)) })) };
}
