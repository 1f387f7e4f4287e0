import { imageName, uuidOf } from './fill.js';

const ROW = 'name alias version access size osType status createdAt description tags';
const some = (at, images) => imageName((at * 7919 + 13) % images);
const images = (list, rest, caller = 'admin') => ({ caller, query: `{ images(datacenter: "main"${list}) { ${rest} } }` });
const usable = (list, rest) => ({ caller: 'plain', query: `{ usableImages(datacenter: "main"${list}) { ${rest} } }` });
const aliases = (count, field) => Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');

/**
 * What each weight is measured with: who asks, the document, and the variables or the document of the question number
 * `at` of a catalogue with so many images. `uncompiled` ones are sent by GET, which Apollo Server answers.
 */
export const QUESTIONS = {
  'the least operation': { caller: 'plain', query: '{ viewer { user { username } } }' },
  '__typename': { caller: 'plain', query: '{ __typename }' },
  'one image by name': { caller: 'admin', query: 'query ($name: String!) { image(name: $name) { name alias size } }', variables: (at, n) => ({ name: some(at, n) }) },
  '50 images by name, with relations': { caller: 'admin', query: (at, n) => `{ ${Array.from({ length: 50 }, (_, one) => `a${one}: image(name: "${some(one, n)}") { name owner { username } }`).join(' ')} }` },
  '90 aliases of one field': { caller: 'plain', query: `{ viewer { user { ${aliases(90, 'username')} } } }` },
  'a page of 50, two fields': images('', 'nodes { name size }'),
  'a page of 50, ten fields': images('', `nodes { ${ROW} }`),
  'a page of 200, ten fields': images(', first: 200', `nodes { ${ROW} }`),
  'a page of 50 with relations': images('', `nodes { ${ROW} owner { username } boundDatacenter { name } datacenters { name alias } } pageInfo { endCursor }`),
  'a page of 50 with actions': images('', 'nodes { name actions { action allowed reason } }'),
  'a page of 50 with manifests': images('', 'nodes { name manifest }'),
  'a page of 50 with their servers': images('', 'nodes { name serverCount servers(first: 5) { nodes { hostname } } }'),
  'a page of 50 with their tasks': images('', 'nodes { name tasks(first: 5) { nodes { action } } }'),
  'the servers of a datacenter': { caller: 'admin', query: '{ servers(datacenter: "main") { nodes { hostname osType owner { username } disks { size image { name } } } totalCount } }' },
  'tasks': { caller: 'admin', query: '{ tasks(first: 20, status: [SUCCEEDED]) { nodes { action status createdAt user { username } } totalCount } }' },
  '90 small pages': { caller: 'admin', query: `{ ${aliases(90, 'images(datacenter: "main", first: 1) { nodes { name } }')} }` },
  'users': { caller: 'admin', query: '{ users { nodes { username active } } }' },
  'groups with users': { caller: 'admin', query: '{ groups { nodes { name users { username } datacenters { name } } } }' },
  'datacenters': { caller: 'admin', query: '{ datacenters { nodes { name alias access owner { username } } } }' },
  '100 references': {
    caller: 'admin',
    query: 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Image { uuid name owner { username } } } }',
    variables: (at, n) => ({ of: Array.from({ length: 100 }, (_, one) => ({ __typename: 'Image', uuid: uuidOf(some(at * 100 + one, n)) })) }),
  },
  'a page of a repository': { caller: 'manager', query: '{ imageRepository(name: "bench") { images(first: 50) { nodes { uuid name version osType size publishedAt importable image { name } } } } }' },
  'totalCount': images('', 'totalCount'),
  'totalCount of what a user may use': usable('', 'totalCount'),
  '5 totalCounts': { caller: 'admin', query: `{ ${aliases(5, 'images(datacenter: "main") { totalCount }')} }` },
  'totalCount of a search': usable(', filter: { search: "template number 0" }', 'totalCount'),
  'totalCount of a search that finds all': usable(', filter: { search: "template" }', 'totalCount'),
  'totalCount of a search of two letters': usable(', filter: { search: "zq" }', 'totalCount'),
  '5 totalCounts of searches': { caller: 'plain', query: `{ ${aliases(5, 'usableImages(datacenter: "main", filter: { search: "template number 0" }) { totalCount }')} }` },
  'totalCount of a filter': images(', filter: { osType: [LINUX_VM], dcBound: true }', 'totalCount'),
  'totalCount of everything': { caller: 'admin', query: '{ images(showAll: true) { totalCount } }' },
  'imageCount and boundImageCount': { caller: 'admin', query: '{ datacenter(name: "main") { imageCount boundImageCount } }' },
  'imageCount of 20 datacenters': { caller: 'plain', query: '{ datacenters { nodes { name imageCount } } }' },
  'a search that finds much': images(', filter: { search: "template" }', `nodes { ${ROW} }`),
  'a search that finds little of what is common': images(', filter: { search: "number 49 of family 9" }', `nodes { ${ROW} }`),
  'a search that finds one': { caller: 'admin', query: `query ($text: String!) { images(datacenter: "main", filter: { search: $text }) { nodes { ${ROW} } } }`, variables: (at, n) => ({ text: some(at, n) }) },
  'a search of two letters': images(', filter: { search: "zq" }', 'nodes { name }'),
  'a weak filter that many pass': images(', filter: { osType: [LINUX_VM] }', `nodes { ${ROW} }`),
  'weak filters that nothing passes': images(', filter: { osType: [LINUX_VM], access: [DELETED], dcBound: false, resize: true }', `nodes { ${ROW} }`),
  'weak filters of a user that nothing passes': usable(', filter: { osType: [SUNOS_ZONE], access: [PRIVATE], deploy: true, tags: ["bench"] }', `nodes { ${ROW} }`),
  'totalCount of a repository': { caller: 'manager', query: '{ imageRepository(name: "bench") { images { totalCount } } }' },
  'a search of a repository': { caller: 'manager', query: '{ imageRepository(name: "bench") { images(filter: { search: "offered" }) { totalCount nodes { name } } } }' },
  'a weak filter of a repository': { caller: 'manager', query: '{ imageRepository(name: "bench") { images(filter: { osType: [BSD_VM], importable: true }) { nodes { name } } } }' },
  'a mutation': { caller: 'admin', query: 'mutation ($name: String!, $text: String!) { updateImage(input: { name: $name, description: $text }) { image { name } } }', variables: (at, n) => ({ name: some(at, n), text: `Changed ${at}` }) },
  'attach and detach': {
    caller: 'admin',
    query: 'mutation ($image: String!) { attachImage(input: { image: $image, datacenter: "dc-0001" }) { image { name } } detachImage(input: { image: $image, datacenter: "dc-0001" }) { image { name } } }',
    variables: (at) => ({ image: imageName(((at * 4) % 4000) + 4) }),
  },
  'an event': {
    caller: 'admin',
    query: 'mutation ($image: String!) { attachImage(input: { image: $image, datacenter: "dc-0003" }) { image { name } } }',
    // PUBLIC, and in no other datacenter yet.
    variables: (at) => ({ image: imageName(at * 20) }),
  },
  'a dry run': { caller: 'admin', query: 'mutation ($name: String!) { updateImage(input: { name: $name, description: "no", dryRun: true }) { image { name } } }', variables: (at, n) => ({ name: some(at, n) }) },
  'a dry run of deletion': { caller: 'admin', query: 'mutation ($name: String!) { deleteImage(input: { name: $name, dryRun: true }) { name } }', variables: (at, n) => ({ name: some(at, n) }) },
  'Apollo Server: the least operation': { caller: 'plain', query: '{ viewer { user { username } } }', uncompiled: true },
  'Apollo Server: a page of 200 with relations': { ...images(', first: 200', `nodes { ${ROW} owner { username } datacenters { name alias } }`), uncompiled: true },
  'graphql-js: the least operation': { caller: 'plain', query: '{ viewer { user { username @skip(if: false) } } }' },
  'graphql-js: a page of 50, two fields': images('', 'nodes { name @skip(if: false) size }'),
  'graphql-js: a page of 200 with relations': images(', first: 200', `nodes { ${ROW} owner { username @skip(if: false) } datacenters { name alias } }`),
  'graphql-js: 100 references': {
    caller: 'admin',
    query: 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Image { uuid name owner { username @skip(if: false) } } } }',
    variables: (at, n) => ({ of: Array.from({ length: 100 }, (_, one) => ({ __typename: 'Image', uuid: uuidOf(some(at * 100 + one, n)) })) }),
  },
  'a document never seen': { caller: 'plain', query: (at) => `query Q${at} { viewer { user { username } } }` },
  'a long document never seen': { caller: 'plain', query: (at) => `query Q${at} { viewer { user { ${aliases(90, 'username')} } currentDatacenter { ${'name alias access isDefault '.repeat(60)} } } }` },
  'refused: an unknown field': { caller: 'plain', query: '{ nothing }', isRefused: true },
  'refused: a variable of the wrong type': { caller: 'plain', query: 'query ($name: String!) { image(name: $name) { name } }', variables: () => ({ name: [] }), isRefused: true },
};
