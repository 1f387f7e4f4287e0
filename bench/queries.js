import { imageName, keyOf, uuidOf } from './fill.js';

const IMAGE = `uuid name alias version access size osType status createdAt
  owner { username } boundDatacenter { name } datacenters { name alias }`;

/** Every n-th image, so that no two requests in a row ask for the same. */
function some(count, make) {
  return Array.from({ length: count }, (_, at) => make((at * 37) % 1000));
}

/** What is asked: who asks, the document, and the variables of the requests, which are sent in turn. */
export const QUERIES = {
  a: {
    title: 'a page of 50 with owner, datacenters, bound datacenter',
    caller: 'manager',
    query: `query Page($dc: String!) { images(datacenter: $dc, first: 50) { nodes { ${IMAGE} } pageInfo { hasNextPage endCursor } } }`,
    variables: [{ dc: 'main' }],
  },
  b: {
    title: 'one image by name with the same',
    caller: 'manager',
    query: `query One($name: String!) { image(name: $name) { ${IMAGE} } }`,
    variables: some(100, (n) => ({ name: imageName(n) })),
  },
  c: {
    title: 'usableImages for a plain user',
    caller: 'plain',
    query: `query Usable($dc: String!) { usableImages(datacenter: $dc, first: 50) {
      nodes { uuid name alias version size osType resize description } pageInfo { hasNextPage endCursor } } }`,
    variables: [{ dc: 'main' }],
  },
  d: {
    title: 'a filtered, searched, sorted page',
    caller: 'manager',
    query: `query Found($dc: String!, $text: String!) {
      images(datacenter: $dc, first: 50, filter: { search: $text, osType: [LINUX_VM, BSD_VM], dcBound: true },
        orderBy: { field: CREATED_AT, direction: DESC }) {
        nodes { name alias size createdAt owner { username } tags } pageInfo { hasNextPage endCursor } } }`,
    variables: [{ dc: 'main', text: '012' }, { dc: 'main', text: '034' }, { dc: 'main', text: '056' }],
  },
  e: {
    title: 'a repository browsed, with importable and image',
    caller: 'manager',
    query: `query Browse($name: String!) { imageRepository(name: $name) { name images(first: 50) {
      nodes { uuid name version osType size publishedAt importable notImportableReason image { name status } }
      pageInfo { hasNextPage endCursor } } } }`,
    variables: [{ name: 'bench' }],
  },
  f: {
    title: '_entities with 100 references',
    caller: 'manager',
    query: `query Entities($refs: [_Any!]!) { _entities(representations: $refs) {
      ... on Image { uuid name alias version owner { username } } } }`,
    variables: [{ refs: some(100, (n) => ({ __typename: 'Image', uuid: uuidOf(imageName(n)) })) }],
  },
  g: {
    title: 'attach and detach in one mutation',
    caller: 'admin',
    query: `mutation Move($image: String!, $dc: String!) {
      attachImage(input: { image: $image, datacenter: $dc }) { image { name } datacenter { name } }
      detachImage(input: { image: $image, datacenter: $dc }) { image { name } datacenter { name } } }`,
    // One image per connection, as two would meet in the middle; bound to nothing, so that its binding stays as it is.
    variables: Array.from({ length: 20 }, (_, at) => ({ image: imageName(at * 4 + 1), dc: 'dc-0001' })),
    perConnection: true,
  },
  h: {
    title: 'sign-in alone',
    caller: 'manager',
    query: '{ viewer { user { username } } }',
    variables: [{}],
  },
};

/** The requests of a query, ready to send. */
export function requestsOf({ caller, query, variables }) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${keyOf(caller)}` };
  return variables.map((values) => ({ method: 'POST', path: '/graphql', headers, body: JSON.stringify({ query, variables: values }) }));
}
