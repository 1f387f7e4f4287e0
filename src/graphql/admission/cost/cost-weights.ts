import type { SizeName } from './catalogue-sizes.js';

/**
 * Processor time of the parts of an operation, in µs on the reference machine (docs/performance.md), including the database.
 * `npm run bench -- --fit-cost` measures them and fails when a charge is wrong by a factor of more than 3.
 */
export const WEIGHTS = {
  /** Receiving, signing in and answering any operation. */
  operation: 150,
  /** A field whose value comes with its object. */
  field: 0.2,
  /** An object that comes with another one: an owner, a bound datacenter. */
  object: 1,
  /** A statement of its own: for an object by its name, for a page of a list. */
  statement: 20,
  /** Handing a read that may be long (a count, a filter, a list of servers or tasks) to another process or connection; refunded when it was not needed. */
  heavyRead: 100,
  /** Planning a search and passing on its matches, besides the scan. */
  search: 250,
  /** A row of a page. */
  row: 2,
  /** An item of a list that is not paginated. */
  item: 0.5,
  /** A representation of `_entities` or an id of `nodes`, besides its fields. */
  reference: 10,
  /** Resolving one event for all readers of a shared stream. */
  event: 180,
  /** Writing one event to one reader. */
  reader: 25,
  /** The factor on the fields of a query that graphql-js executes rather than compiled code. */
  interpreted: 3,
  /** Refusing an operation through Apollo Server. */
  refusal: 500,
  /** Parsing, validating and compiling a new document; `documentText` per 1,000 characters. */
  document: 600,
  documentText: 2500,
  /** Receiving and parsing a large body, per KiB; many short names take twice as long, long texts a quarter. */
  body: 25,
} as const;

/** Fields that cost more than `field` or `object`. */
export const FIELD_WEIGHTS: ReadonlyMap<string, number> = new Map<string, number>([
  ['Image.manifest', 15],
  ['ImageFile.available', 20],
  ['RepositoryImage.manifest', 15],
  // Parses the manifest.
  ['RepositoryImage.notImportableDetail', 15],
  ['_Service.sdl', 1000],
]);

/** The longest introspection of one operation in µs, before `interpreted`; it blocks the event loop. Twice what tools ask for. */
export const MAX_DESCRIPTION_US = 12_500;

/** Estimated lengths of introspection lists, and how often `ofType` is set; every other field counts as one. */
export const INTROSPECTION_LENGTHS: ReadonlyMap<string, number> = new Map<string, number>([
  ['__Schema.types', 100],
  ['__Schema.directives', 5],
  ['__Type.fields', 10],
  ['__Type.inputFields', 2],
  ['__Type.enumValues', 2],
  ['__Type.ofType', 0.5],
]);

/** Root fields of mutations, with checks, transaction, event and the task they start, but without moving the bytes of images. */
export const MUTATION_WEIGHTS: ReadonlyMap<string, number> = new Map<string, number>([
  ['updateImage', 6000],
  ['deleteImage', 5000],
  ['verifyImage', 5000],
  ['importImage', 5000],
  ['importRepositoryImage', 5000],
  ['createImageFromSnapshot', 5000],
  ['refreshImageRepository', 20_000],
  ['refreshImageRepositories', 20_000],
]);
/** Every other root field of a mutation. */
export const MUTATION_WEIGHT = 1000;

interface VerdictWeight {
  /** How many actions there are when a caller does not say which ones it asks about. */
  actions: number;
  /** Each verdict; the statements behind them are made once for all objects of a list. */
  each: number;
}

/** Lists of verdicts, whose argument `only` says how many there are. */
export const VERDICTS: ReadonlyMap<string, VerdictWeight> = new Map<string, VerdictWeight>([
  ['Image.actions', { actions: 6, each: 12 }],
  ['Datacenter.actions', { actions: 7, each: 8 }],
]);

/** The size that estimates the length of a list that is not paginated; other such lists count as a handful of items. */
export const LIST_LENGTHS: ReadonlyMap<string, SizeName> = new Map<string, SizeName>([
  ['Query.imageRepositories', 'repositories'],
  ['Mutation.refreshImageRepositories', 'repositories'],
  ['Viewer.datacenters', 'datacenters'],
  ['User.groups', 'groupsOfUser'],
  ['Group.users', 'usersOfGroup'],
  ['Group.datacenters', 'datacentersOfGroup'],
  ['Datacenter.groups', 'groupsOfDatacenter'],
]);

/** Scans of whole tables, in µs per 1,000 rows. */
interface ScanWeights {
  table: SizeName;
  /** `totalCount`. */
  count: number;
  /** The first condition of a filter, as no index may narrow it down enough. */
  filter: number;
  /** Each condition after the first. */
  further: number;
  /** A text search, besides `filter`. */
  search: number;
}

/** Scans by the type of the connection. */
export const SCANS: ReadonlyMap<string, ScanWeights> = new Map<string, ScanWeights>([
  ['ImageConnection', { table: 'images', count: 220, filter: 120, further: 20, search: 250 }],
  ['RepositoryImageConnection', { table: 'offers', count: 400, filter: 300, further: 50, search: 500 }],
  ['VirtualServerConnection', { table: 'servers', count: 100, filter: 100, further: 20, search: 200 }],
  ['TaskConnection', { table: 'tasks', count: 300, filter: 300, further: 50, search: 0 }],
  ['DatacenterConnection', { table: 'datacenters', count: 10, filter: 200, further: 0, search: 300 }],
  ['UserConnection', { table: 'users', count: 100, filter: 100, further: 20, search: 200 }],
  ['GroupConnection', { table: 'groups', count: 100, filter: 100, further: 20, search: 200 }],
]);

interface BatchWeight {
  table: SizeName;
  count: number;
}

/** Counts made once for all objects of a list, in µs per 1,000 rows. */
export const BATCH_COUNTS: ReadonlyMap<string, BatchWeight> = new Map<string, BatchWeight>([
  ['Datacenter.imageCount', { table: 'images', count: 500 }],
  ['Datacenter.boundImageCount', { table: 'images', count: 250 }],
]);
