import type { Viewer } from '../../access/viewer.js';
import { allOf, anyOf, oneOf } from '../../platform/database/list/conditions.js';
import { Loader } from '../../platform/graphql/loader.js';
import type { ImageQueries } from '../../images/image.queries.js';
import type { SelectedImage } from '../../images/image.type.js';
import { findBases } from '../../images/bases/base-rules.js';
import type { OfferedOrigin } from '../../images/import/origins/missing-origin.js';
import { Memo } from '../../platform/memory/memo.js';
import type { KeysetOrder } from '../../platform/database/list/keyset.js';
import { type Connection, orderName, type PageArgs, readPage } from '../../platform/database/list/page.js';
import { type ListStatement, newFirstPages, readRowList, wholeRows } from '../../platform/database/list/read-page.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import type { ConnectionSelection, ObjectSelection } from '../../platform/graphql/selection.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { findOrigins } from './find-origin.js';
import { importSentence, type JudgedEntry } from './import-sentence.js';
import { findTakenNames } from './taken-names.js';
import type { ImageRepositoryType } from '../image-repository.type.js';
import {
  COLUMN_FIELDS,
  hidesImportedEntries,
  ENTRY_FROM,
  ENTRY_JOINS,
  ENTRY_ORDERS,
  ENTRY_TABLE,
  visibleEntries,
  entryColumns,
  entryFilter,
  type EntryRow,
  searchedEntries,
  type SelectedRepositoryImage,
  toRepositoryImages,
} from './repository-image.statement.js';
import type { RepositoryImageFilter, RepositoryImageOrder } from './repository-image.inputs.js';

/** What a caller asks of the list of a repository. */
export interface RepositoryImageListRequest {
  page: PageArgs;
  filter?: RepositoryImageFilter | null;
  orderBy?: RepositoryImageOrder | null;
  selection: ConnectionSelection;
}

/** What is read of the image behind an entry: what was selected, and what the sentence about it names. */
function imageSelection(fields: ReadonlySet<string>, selected: ObjectSelection | undefined): ObjectSelection | undefined {
  if (!fields.has('notImportableDetail')) return selected;
  if (!fields.has('image')) return { fields: new Set(['name', 'access']) };
  return selected && { ...selected, fields: new Set([...selected.fields, 'name', 'access']) };
}

function keyOf({ repository, uuid }: EntryKey): string {
  return `${repository.id} ${uuid}`;
}

/** Statements of lists without a filter, per viewer and selection; the key is the repository and the order. */
const unfilteredLists = new Memo<ListStatement>(50);

/** What a list, or another subgraph, finds an entry by. */
export interface EntryKey {
  repository: ImageRepositoryType;
  uuid: string;
}

/** Selects all fields of an entry. */
const WHOLE_ENTRY: ObjectSelection = { fields: new Set<string>([...COLUMN_FIELDS, 'id', 'image', 'manifestUrl', 'nameTaken', 'notImportableDetail']) };

/** Reads the entries of repositories. FORBIDDEN for viewers who may not use repositories, on every access path. */
export class RepositoryImageQueries {
  /** By repository and uuid, one statement per batch; null for one that the list would not show. */
  readonly byKey = new Loader<EntryKey, SelectedRepositoryImage | null, string>(async (keys) => this.#several(keys), { cacheKeyFn: keyOf });

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
    private readonly images: ImageQueries,
  ) {}

  /** Newest first unless an order is given. */
  async page(repository: ImageRepositoryType, request: RepositoryImageListRequest): Promise<Connection<SelectedRepositoryImage>> {
    this.viewer.demand('repository.use');
    const filter = entryFilter(this.viewer, request.filter);
    const search = await searchedEntries(this.em, request.filter);
    const field = request.orderBy?.field ?? 'PUBLISHED_AT';
    const order = ENTRY_ORDERS[field];
    const direction = request.orderBy?.direction ?? 'DESC';
    // Counting a long list is slow, and its refresh has counted it already.
    const isCounted = filter === null && !hidesImportedEntries(this.viewer, repository);
    const inOrder: KeysetOrder = { column: order.column, id: 'o.id', direction };
    const walk = { ...wholeRows({ table: ENTRY_TABLE, alias: sqlText`o`, where: sqlText`o.repository_id = ${repository.id}`, order: inOrder }), joined: ENTRY_JOINS };
    const makeList = (): ListStatement => ({
      columns: entryColumns(this.viewer, order.column, request.selection),
      from: ENTRY_FROM,
      where: allOf([visibleEntries(this.viewer, repository), ...(filter === null ? [] : [filter, ...search])]),
      order: inOrder,
      walk: filter === null ? walk : undefined,
      steady: isCounted,
    });
    const list = isCounted
      ? unfilteredLists.get(this.viewer, request.selection, `${repository.id} ${order.column} ${direction}`, () => ({ ...makeList(), firstPages: newFirstPages() }))
      : makeList();
    const selection = isCounted ? { ...request.selection, totalCount: false } : request.selection;
    const connection = await readRowList<EntryRow, SelectedRepositoryImage>(this.em, list, readPage(request.page, { name: orderName(field, direction), value: order.value, id: null }), selection, {
      keyOf: ([id, sortKey]) => [order.value === 'number' ? Number(sortKey) : String(sortKey), id],
      nodesOf: async (rows) => this.#toRepositoryImages(rows, repository, request.selection),
    });
    return isCounted ? { ...connection, totalCount: repository.imageCount } : connection;
  }

  /** Null when the list would not show it either. */
  async one(repository: ImageRepositoryType, uuid: string, selection: ObjectSelection): Promise<SelectedRepositoryImage | null> {
    this.viewer.demand('repository.use');
    const where = allOf([visibleEntries(this.viewer, repository), sqlText`o.uuid = ${uuid}`]);
    const rows = await readRows<EntryRow>(this.em, sqlText`select ${entryColumns(this.viewer, 'o.name', selection)} from ${ENTRY_FROM} where ${where}`, { steady: true });
    const [entry] = await this.#toRepositoryImages(rows, repository, selection);
    return entry ?? null;
  }

  async #several(keys: readonly EntryKey[]): Promise<(SelectedRepositoryImage | null)[]> {
    this.viewer.demand('repository.use');
    const byRepository = Map.groupBy(keys, ({ repository }) => repository.id);
    const conditions = [...byRepository.values()].flatMap((wanted) => {
      const repository = wanted[0]?.repository;
      return repository === undefined ? [] : [allOf([visibleEntries(this.viewer, repository), oneOf('o.uuid', wanted.map(({ uuid }) => uuid))])];
    });
    const text = sqlText`select ${entryColumns(this.viewer, 'o.repository_id', WHOLE_ENTRY)} from ${ENTRY_FROM} where ${anyOf(conditions)}`;
    const rows = Map.groupBy(await readRows<EntryRow>(this.em, text), ([, repositoryId]) => Number(repositoryId));
    const images = await this.#imagesBehind([...rows.values()].flat(), WHOLE_ENTRY);
    const entries = await Promise.all(
      [...byRepository].map(async ([id, [first]]) => (first === undefined ? [] : this.#judged(toRepositoryImages(rows.get(id) ?? [], first.repository, images, WHOLE_ENTRY), first.repository, WHOLE_ENTRY))),
    );
    const found = new Map(entries.flat().map((entry) => [keyOf(entry), entry]));
    return keys.map((key) => found.get(keyOf(key)) ?? null);
  }

  /** Reads the images of the catalogue behind the entries in one statement, if they were selected. */
  async #toRepositoryImages(rows: readonly EntryRow[], repository: ImageRepositoryType, selection: ObjectSelection): Promise<SelectedRepositoryImage[]> {
    const images = await this.#imagesBehind(rows, selection);
    return this.#judged(toRepositoryImages(rows, repository, images, selection), repository, selection);
  }

  async #imagesBehind(rows: readonly EntryRow[], { fields, nested }: ObjectSelection): Promise<ReadonlyMap<number, SelectedImage>> {
    const ids = fields.has('image') || fields.has('notImportableDetail') ? [...new Set(rows.flatMap(([, , imageId]) => imageId ?? []))] : [];
    return ids.length === 0 ? new Map() : this.images.several(ids, imageSelection(fields, nested?.get('image')));
  }

  /** Adds, if selected, which names are taken, and the sentences about the entries. Takes entries of one repository, as two may have the same uuid. */
  async #judged(entries: SelectedRepositoryImage[], repository: ImageRepositoryType, { fields }: ObjectSelection): Promise<SelectedRepositoryImage[]> {
    if (fields.has('nameTaken') || fields.has('notImportableDetail')) await this.#judge(entries, repository, fields.has('notImportableDetail'));
    return entries;
  }

  /** Fills in what is taken of the entries, and the sentences about them: three further statements at most, however many they are. */
  async #judge(entries: readonly SelectedRepositoryImage[], repository: ImageRepositoryType, withSentence: boolean): Promise<void> {
    const takenOf = await findTakenNames(this.em, entries);
    const originOf = withSentence ? await this.#originsOf(entries, repository) : () => NO_ORIGIN;
    for (const entry of entries) {
      const taken = takenOf(entry.uuid);
      entry.nameTaken = taken.name;
      if (!withSentence) continue;
      entry.notImportableDetail = importSentence({ entry, image: entry.image, isLocal: repository.isLocal, taken, origin: originOf(entry.origin ?? '') });
    }
  }

  /** The images that entries wait for, and for those that the catalogue lacks, who offers them. */
  async #originsOf(entries: readonly SelectedRepositoryImage[], repository: ImageRepositoryType): Promise<(uuid: string) => JudgedEntry['origin']> {
    const wanted = [...new Set(entries.flatMap(({ notImportableReason, origin }) => (notImportableReason === 'MISSING_ORIGIN' && origin ? [origin] : [])))];
    if (wanted.length === 0) return () => NO_ORIGIN;
    const bases = await findBases(this.em, wanted);
    const missing = wanted.filter((uuid) => !bases.has(uuid));
    const offers = missing.length === 0 ? new Map<string, OfferedOrigin>() : await findOrigins(this.em, missing, repository.id);
    return (uuid) => ({ base: bases.get(uuid) ?? null, offered: offers.get(uuid) ?? null });
  }
}

const NO_ORIGIN: JudgedEntry['origin'] = { base: null, offered: null };
