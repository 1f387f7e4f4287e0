import type { SizeName } from './catalogue-sizes.js';

/**
 * What parts of an operation take, in µs of processor time on the reference machine (docs/performance.md), database and all.
 * `npm run bench -- --fit-cost` measures them and fails when what is charged is off by more than 3 times.
 */
export const WEIGHTS = {
  /** To receive, sign in and answer any operation. */
  operation: 150,
  /** A field whose value comes with its object. */
  field: 0.2,
  /** An object that comes with another one: an owner, a bound datacenter. */
  object: 1,
  /** A statement of its own: an object by its name, a page of a list. */
  statement: 20,
  /** Asking another process, or a connection with a time limit, for what may take long: counts, filters, lists of servers and tasks. Given back where it was not needed. */
  heavyRead: 100,
  /** Choosing how a search is best answered, and handing on what it found, besides going through the table. */
  search: 250,
  /** One more row of a page. */
  row: 2,
  /** One more item of a list that no page bounds. */
  item: 0.5,
  /** A representation of `_entities`, besides what is asked of it. */
  reference: 10,
  /** Looking at one event for those who listen to the same with the same sign-in. */
  event: 180,
  /** Writing one event to one reader. */
  reader: 25,
  /** How many times what the fields of a query take when graphql-js executes it rather than compiled code. */
  interpreted: 3,
  /** Refusing an operation, which Apollo Server words. */
  refusal: 500,
  /** Reading, validating and compiling a document that was not seen before, and the same for each 1,000 of its characters. */
  document: 600,
  documentText: 2500,
  /** Receiving and parsing a large body, for each KiB; one of many short names takes twice as much, one of long texts a quarter. */
  body: 25,
} as const;

/** Fields that take more than `field` or `object`, each time. */
export const FIELD_WEIGHTS: ReadonlyMap<string, number> = new Map<string, number>([
  ['Image.actions', 300],
  ['Image.manifest', 15],
  ['RepositoryImage.manifest', 15],
  ['_Service.sdl', 1000],
]);

/** What an operation may take to describe the schema, before `interpreted`: nobody else is answered meanwhile. Twice what tools ask for. */
export const MAX_DESCRIPTION_US = 12_500;

/** How many items the lists of introspection hold, and how often `ofType` is there; the others are taken for one. */
export const INTROSPECTION_LENGTHS: ReadonlyMap<string, number> = new Map<string, number>([
  ['__Schema.types', 100],
  ['__Schema.directives', 5],
  ['__Type.fields', 10],
  ['__Type.inputFields', 2],
  ['__Type.enumValues', 2],
  ['__Type.ofType', 0.5],
]);

/** A root field of a mutation, with its checks, its transaction and its announcement, and the task that it begins as far as no bytes are moved. */
export const MUTATION_WEIGHTS: ReadonlyMap<string, number> = new Map<string, number>([
  ['updateImage', 6000],
  ['deleteImage', 5000],
  ['importImage', 5000],
  ['importRepositoryImage', 5000],
  ['createImageFromSnapshot', 5000],
  ['refreshImageRepository', 20_000],
  ['refreshImageRepositories', 20_000],
]);
/** One that is not among them. */
export const MUTATION_WEIGHT = 1000;

/** How many items the lists hold that no page bounds; the others are taken for a handful. */
export const LIST_LENGTHS: ReadonlyMap<string, SizeName> = new Map<string, SizeName>([
  ['Query.groups', 'groups'],
  ['Query.users', 'users'],
  ['Query.imageRepositories', 'repositories'],
  ['Mutation.refreshImageRepositories', 'repositories'],
  ['Viewer.datacenters', 'datacenters'],
  ['User.groups', 'groupsOfUser'],
  ['Group.users', 'usersOfGroup'],
  ['Group.datacenters', 'datacentersOfGroup'],
  ['Datacenter.groups', 'groupsOfDatacenter'],
]);

/** What goes through a whole table, in µs for each 1,000 of its rows. */
interface ScanWeights {
  table: SizeName;
  /** `totalCount`. */
  count: number;
  /** Conditions that an index may not narrow down enough. */
  filter: number;
  /** Each condition after the first. */
  further: number;
  /** Text to be found, besides `filter`. */
  search: number;
}

/** By the type of the connection. */
export const SCANS: ReadonlyMap<string, ScanWeights> = new Map<string, ScanWeights>([
  ['ImageConnection', { table: 'images', count: 220, filter: 120, further: 20, search: 250 }],
  ['RepositoryImageConnection', { table: 'offers', count: 400, filter: 300, further: 50, search: 500 }],
  ['VirtualServerConnection', { table: 'servers', count: 100, filter: 0, further: 0, search: 0 }],
  ['TaskConnection', { table: 'tasks', count: 300, filter: 300, further: 50, search: 0 }],
  ['DatacenterConnection', { table: 'datacenters', count: 10, filter: 0, further: 0, search: 0 }],
]);

interface BatchWeight {
  table: SizeName;
  count: number;
}

/** Counts that are taken once for all objects of a list, in µs for each 1,000 rows. */
export const BATCH_COUNTS: ReadonlyMap<string, BatchWeight> = new Map<string, BatchWeight>([
  ['Datacenter.imageCount', { table: 'images', count: 500 }],
  ['Datacenter.boundImageCount', { table: 'images', count: 250 }],
]);
