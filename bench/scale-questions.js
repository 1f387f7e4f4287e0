import { imageName } from './catalogue-rows.js';

const FIELDS = 'nodes { name alias version size status tags owner { username } datacenters { name } boundDatacenter { name } } pageInfo { endCursor }';
const ONE = 'name owner { username } datacenters { name } boundDatacenter { name }';
const OFFER = 'nodes { name version importable notImportableReason image { name } } pageInfo { endCursor }';

function cursor(...key) {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
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

/**
 * What is asked of each catalogue: [letter, what, who asks, query, variables of the question number `at` of a catalogue with so
 * many images and so many offers of a repository]. Those with `*` cost what the catalogue costs, and are shown without a limit.
 */
export const QUESTIONS = [
  ['a', 'a page of a datacenter with all images', 'admin', images(''), noVariables],
  ['a', 'the same, deep inside', 'admin', images(', after: $after', '', ' ($after: String!)'), (at, { images: n }) => ({ after: cursor(imageName(some(at, n)), 1) })],
  ['a', 'the same, its end', 'admin', images(', last: 50'), noVariables],
  ['a', 'by alias, deep inside', 'admin', images(', orderBy: { field: ALIAS }, after: $after', '', ' ($after: String!)'), (at, { images: n }) => ({ after: cursor(`rocky ${some(at, n).toString(36)}`, 1) })],
  ['a', 'a page of a datacenter with five', 'imageadmin', `{ images(datacenter: "few") { ${FIELDS} } }`, noVariables],
  ['a', 'every image, by date', 'admin', `{ images(showAll: true, orderBy: { field: CREATED_AT, direction: DESC }) { ${FIELDS} } }`, noVariables],
  ['a', 'every image of an admin of three datacenters', 'imageadmin', `{ images(showAll: true) { ${FIELDS} } }`, noVariables],
  ['a', 'every image of an admin of half of the datacenters', 'manyadmin', `{ images(showAll: true) { ${FIELDS} } }`, noVariables],
  ['b', 'one image by name', 'admin', `query ($name: String!) { image(name: $name) { ${ONE} } }`, (at, { images: n }) => ({ name: imageName(some(at, n)) })],
  ['b', 'the same by a plain user', 'plain', `query ($name: String!) { image(name: $name) { ${ONE} } }`, (at, { images: n }) => ({ name: imageName(some(at, n)) })],
  ['b', 'the same by an admin of half of the datacenters', 'manyadmin', `query ($name: String!) { image(name: $name) { ${ONE} } }`, (at, { images: n }) => ({ name: imageName(some(at, n)) })],
  ['b', 'who uses it', 'admin', 'query ($name: String!) { image(name: $name) { serverCount servers { nodes { hostname } } } }', (at, { images: n }) => ({ name: imageName(some(at, n)) })],
  ['c', 'what a plain user may use', 'plain', `{ usableImages(datacenter: "main") { ${FIELDS} } }`, noVariables],
  ['c', 'the same, deep inside', 'plain', `query ($after: String!) { usableImages(datacenter: "main", after: $after) { ${FIELDS} } }`, (at, { images: n }) => ({ after: cursor(imageName(some(at, n)), 1) })],
  ['c', 'the same where five are', 'plain', `{ usableImages(datacenter: "few") { ${FIELDS} } }`, noVariables],
  ['c', 'five among many of others', 'tenant', `{ usableImages(datacenter: "closed") { ${FIELDS} } }`, noVariables],
  ['d', 'filtered, searched, sorted', 'admin', images(', filter: { search: "Kernel", osType: [LINUX_VM], access: [PUBLIC] }, orderBy: { field: SIZE, direction: DESC }'), noVariables],
  ['d', 'a search that finds a third', 'admin', found, () => ({ text: 'kernel' })],
  ['d', 'the same, deep inside', 'admin', images(', filter: { search: "kernel" }, after: $after', '', ' ($after: String!)'), (at, { images: n }) => ({ after: cursor(imageName(some(at, n)), 1) })],
  ['d', 'a search that finds 35', 'admin', found, () => ({ text: '-0000' })],
  ['d', 'a search that finds one', 'admin', found, (at, { images: n }) => ({ text: ownPart(some(at, n)) })],
  ['d', 'a search that finds nothing', 'admin', found, (at) => ({ text: `zebra ${at}` })],
  ['d', 'a search of two characters', 'admin', found, () => ({ text: 'BA' })],
  ['d', 'by a tag that a tenth has', 'admin', images(', filter: { tags: ["role-3"] }'), noVariables],
  ['d', 'by a tag that forty have, by date', 'admin', images(', filter: { tags: [$tag] }, orderBy: { field: CREATED_AT }', '', ' ($tag: String!)'), (at, { images: n }) => ({ tag: `batch-${Math.floor(some(at, n) / 40)}` })],
  ['d', 'by owner', 'admin', images(', filter: { owner: $owner }', '', ' ($owner: String!)'), (at) => ({ owner: `user-${10 + (at % 90)}` })],
  ['e', 'a page of a repository', 'admin', offers(''), noVariables],
  ['e', 'the same, deep inside', 'admin', offers('(after: $after)', ' ($after: String!)'), (at) => ({ after: cursor(1_735_689_600_000 + ((at * 7919) % 365) * 86_400_000, 1) })],
  ['e', 'by name', 'admin', offers('(orderBy: { field: NAME, direction: ASC })'), noVariables],
  ['e', 'what can be imported', 'admin', offers('(filter: { importable: true, osType: [LINUX_VM] })'), noVariables],
  ['e', 'a search that finds a third', 'admin', offers('(filter: { search: "hardened" })'), noVariables],
  ['e', 'a search that finds one', 'admin', offers('(filter: { search: $text })', ' ($text: String!)'), (at, { offers: n }) => ({ text: ownPart(some(at, n)) })],
  ['e', 'a search that finds nothing', 'admin', offers('(filter: { search: $text })', ' ($text: String!)'), (at) => ({ text: `zebra ${at}` })],
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
