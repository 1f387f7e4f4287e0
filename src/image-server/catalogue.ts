import { isSqlite, type SqlEntityManager } from '../platform/database/database.js';
import { ALWAYS, allOf, type Condition, NEVER, oneOf } from '../platform/database/list/conditions.js';
import { readObjects } from '../platform/database/read/read-rows.js';
import { type SqlText, sqlText } from '../platform/database/sql-text.js';
import type { FileKey } from '../platform/store/file-key.js';
import { asBoolean, type Flag } from '../platform/database/tables.js';
import { type Json, shownManifest } from '../images/manifest/shown-manifest.js';
import type { ListQuery, TextFilter } from './list-query.js';

/** The columns of an image from which its manifest is made. */
export interface ImageRow {
  uuid: string;
  name: string;
  version: string;
  access: string;
  description: string;
  size_mib: number;
  resize: Flag;
  deploy: Flag;
  tag_list: string;
  manifest: string;
  published_at: number | string | null;
  file_size: number | string;
  file_sha1: string;
  file_md5: string | null;
  file_key: string | null;
  file_compression: string;
  created_at: number | string;
}

/** An image as the image server shows it. */
export interface ServedImage {
  uuid: string;
  manifest: Json;
  /** Size in bytes, checksums in hex. */
  file: { size: number; sha1: string; md5: string | null };
  /** Where the image store has it. */
  key: FileKey;
}

/** The key of an image in the order of publication. */
export interface ListPosition {
  publishedAt: number;
  uuid: string;
}

/** Where a list starts or continues: at a position, or after it. */
export interface ListStart extends ListPosition {
  isIncluded: boolean;
}

/** A range of the list. */
export interface Span {
  from: ListStart;
  /** Inclusive; null: to the end of the list. */
  upTo: ListPosition | null;
}

interface PositionRow {
  published_at: number | string | null;
  uuid: string;
}

const COLUMNS = sqlText`i.uuid, i.name, i.version, i.access, i.description, i.size_mib, i.resize, i.deploy, i.tag_list, i.manifest, i.published_at,
  i.file_size, i.file_sha1, i.file_md5, i.file_key, i.file_compression, i.created_at`;

/** Images that have a file; callers outside the trusted networks see only the public ones. */
function isServed(isTrusted: boolean): Condition {
  return isTrusted ? sqlText`i.file_sha1 is not null` : sqlText`i.file_sha1 is not null and i.access = 'PUBLIC'`;
}

/** The image as the caller may see it: fields that are for operators are shown to trusted callers only, as by other image servers. */
export function toServedImage(row: ImageRow, isTrusted: boolean): ServedImage {
  const size = Number(row.file_size);
  const manifest = shownManifest({
    ...row,
    sizeMib: row.size_mib,
    resize: asBoolean(row.resize),
    deploy: asBoolean(row.deploy),
    tags: JSON.parse(row.tag_list) as string[], // a list of strings, as the entity writes it
    file: { sha1: row.file_sha1, size, compression: row.file_compression },
    createdAt: new Date(Number(row.created_at)),
    publishedAt: row.published_at === null ? null : new Date(Number(row.published_at)),
  });
  return {
    uuid: row.uuid,
    manifest: isTrusted ? manifest : withoutOperatorFields(manifest),
    file: { size, sha1: row.file_sha1, md5: row.file_md5 },
    key: { uuid: row.uuid, attempt: row.file_key },
  };
}

function withoutOperatorFields({ billing_tags: _billingTags, traits: _traits, ...shown }: Json): Json {
  return shown;
}

export function toListPosition(row: PositionRow): ListPosition {
  return { publishedAt: Number(row.published_at), uuid: row.uuid };
}

/** Returns null for an image that does not exist, has no file, or is not visible to this caller. */
export async function findServedImage(em: SqlEntityManager, uuid: string, isTrusted: boolean): Promise<ServedImage | null> {
  const [row] = await readObjects<ImageRow>(em, sqlText`select ${COLUMNS} from image i where i.uuid = ${uuid} and ${isServed(isTrusted)}`);
  return row === undefined ? null : toServedImage(row, isTrusted);
}

/** The position of an image in the list; null for one that does not exist or is not visible to this caller. */
export async function findPosition(em: SqlEntityManager, uuid: string, isTrusted: boolean): Promise<ListPosition | null> {
  const [row] = await readObjects<PositionRow>(em, sqlText`select i.published_at, i.uuid from image i where i.uuid = ${uuid} and ${isServed(isTrusted)}`);
  return row === undefined ? null : toListPosition(row);
}

/** The version of everything that lists show; it changes with each of those rows. */
export async function readListVersion(em: SqlEntityManager): Promise<string> {
  const [row] = await readObjects<{ version: string }>(em, sqlText`select version from image_list_version where id = 1`);
  if (row === undefined) throw new Error('The table image_list_version has no row; the migration that makes it was not applied as a whole.');
  return row.version;
}

/** The conditions that an index serves, so that a statement reads no more rows than those of its range. */
function accessPath({ access, name }: ListQuery, isTrusted: boolean): Condition {
  if (name !== null && !name.isPart) return sqlText`i.name = ${name.text}`;
  const seen = isTrusted ? access : access.filter((one) => one === 'PUBLIC');
  const [only] = seen;
  if (only === undefined) return NEVER;
  return seen.length === 1 ? sqlText`i.access = ${only}` : ALWAYS;
}

function contains(em: SqlEntityManager, column: SqlText, text: string): Condition {
  return isSqlite(em) ? sqlText`instr(${column}, ${text}) > 0` : sqlText`strpos(${column}, ${text}) > 0`;
}

function textCondition(em: SqlEntityManager, column: SqlText, filter: TextFilter | null): Condition[] {
  if (filter === null) return [];
  return [filter.isPart ? contains(em, column, filter.text) : sqlText`${column} = ${filter.text}`];
}

/** Passes the versions that match, and those that are shown in other characters, on which the manifest decides. */
function versionCondition(em: SqlEntityManager, filter: TextFilter | null): Condition[] {
  const isRespelled = isSqlite(em) ? sqlText`i.version glob '*[^A-Za-z0-9._/+-]*'` : sqlText`i.version collate "C" ~ '[^A-Za-z0-9._/+-]'`;
  return textCondition(em, sqlText`i.version`, filter).map((matches) => sqlText`(${matches} or ${isRespelled})`);
}

function filters(em: SqlEntityManager, query: ListQuery): Condition[] {
  const inManifest = query.manifest.map(({ contained }) => contained).filter((text) => text !== null);
  return [
    // The access path covers a single access without a name, and all three accesses are no condition.
    ...(query.access.length === 2 || query.name !== null ? [oneOf('i.access', query.access)] : []),
    ...textCondition(em, sqlText`i.name`, query.name),
    ...versionCondition(em, query.version),
    ...inManifest.map((text) => contains(em, sqlText`i.manifest`, text)),
  ];
}

const KEY = sqlText`(i.published_at, i.uuid)`;
const ASCENDING = { order: sqlText`i.published_at, i.uuid`, beyond: sqlText`>`, at: sqlText`>=`, within: sqlText`<=` };
const DESCENDING = { order: sqlText`i.published_at desc, i.uuid desc`, beyond: sqlText`<`, at: sqlText`<=`, within: sqlText`>=` };

function directionOf({ descending }: ListQuery): typeof ASCENDING {
  return descending ? DESCENDING : ASCENDING;
}

function key({ publishedAt, uuid }: ListPosition): SqlText {
  return sqlText`(cast(${publishedAt} as bigint), ${uuid})`;
}

function startCondition(query: ListQuery, from: ListStart): SqlText {
  const { beyond, at } = directionOf(query);
  return sqlText`${KEY} ${from.isIncluded ? at : beyond} ${key(from)}`;
}

/** The position of the `rows`-th image of the access path from `from`; null when there are fewer. */
export async function spanEnd(em: SqlEntityManager, query: ListQuery, isTrusted: boolean, { from, rows }: { from: ListStart; rows: number }): Promise<ListPosition | null> {
  const { order } = directionOf(query);
  const text = sqlText`select i.published_at, i.uuid from image i where ${startCondition(query, from)} and ${accessPath(query, isTrusted)}
    order by ${order} limit 1 offset ${rows - 1}`;
  const [row] = await readObjects<PositionRow>(em, text);
  return row === undefined ? null : toListPosition(row);
}

/** Reads the images of a range that match in the database, in the order of the list; at most `most`. */
export async function readSpan(em: SqlEntityManager, query: ListQuery, isTrusted: boolean, { from, upTo, most }: Span & { most: number }): Promise<ImageRow[]> {
  const { order, within } = directionOf(query);
  const where = allOf([
    startCondition(query, from),
    ...(upTo === null ? [] : [sqlText`${KEY} ${within} ${key(upTo)}`]),
    accessPath(query, isTrusted),
    isServed(isTrusted),
    ...filters(em, query),
  ]);
  return readObjects<ImageRow>(em, sqlText`select ${COLUMNS} from image i where ${where} order by ${order} limit ${most}`);
}
