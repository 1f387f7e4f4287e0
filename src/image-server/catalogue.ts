import type { SqlEntityManager } from '../platform/database.js';
import { allOf, type Condition, oneOf } from '../platform/conditions.js';
import { readObjects, readRows } from '../platform/read-rows.js';
import { sqlText } from '../platform/sql-text.js';
import { asBoolean, type Flag } from '../platform/tables.js';
import { type Json, shownManifest } from '../images/shown-manifest.js';

interface Row {
  id: number;
  uuid: string;
  name: string;
  version: string;
  access: string;
  description: string;
  size_mib: number;
  resize: Flag;
  deploy: Flag;
  manifest: string;
  file_size: number | string;
  file_sha1: string;
  file_md5: string | null;
  file_compression: string;
  created_at: number | string;
}

/** An image as the door knows it: its manifest, and what its file is to be answered with. */
export interface ServedImage {
  manifest: Json;
  md5: string | null;
}

const COLUMNS = sqlText`i.id, i.uuid, i.name, i.version, i.access, i.description, i.size_mib, i.resize, i.deploy, i.manifest,
  i.file_size, i.file_sha1, i.file_md5, i.file_compression, i.created_at`;

/** Rows read at once while a list is answered; the rest stays in the database. */
const ROWS_PER_STEP = 200;

/** Images with a file; callers from elsewhere than the trusted networks see the public ones alone. */
function servable(isTrusted: boolean): Condition {
  const hasFile = sqlText`i.file_sha1 is not null`;
  return isTrusted ? hasFile : allOf([hasFile, sqlText`i.access = 'PUBLIC'`]);
}

async function withTags(em: SqlEntityManager, rows: readonly Row[]): Promise<ServedImage[]> {
  const statement = sqlText`select t.image_id, t.tag from image_tag t
    where ${oneOf('t.image_id', rows.map((row) => row.id))} order by t.image_id, t.position`;
  const tags = rows.length === 0 ? [] : await readRows<[imageId: number, tag: string]>(em, statement);
  return rows.map((row) => ({
    md5: row.file_md5,
    manifest: shownManifest({
      ...row,
      sizeMib: row.size_mib,
      resize: asBoolean(row.resize),
      deploy: asBoolean(row.deploy),
      tags: tags.filter(([imageId]) => imageId === row.id).map(([, tag]) => tag),
      file: { sha1: row.file_sha1, size: Number(row.file_size), compression: row.file_compression },
      createdAt: new Date(Number(row.created_at)),
    }),
  }));
}

/** Null for an image that is not there, has no file, or is not for this caller. */
export async function findServed(em: SqlEntityManager, uuid: string, isTrusted: boolean): Promise<ServedImage | null> {
  const where = allOf([sqlText`i.uuid = ${uuid}`, servable(isTrusted)]);
  const rows = await readObjects<Row>(em, sqlText`select ${COLUMNS} from image i where ${where}`);
  return (await withTags(em, rows))[0] ?? null;
}

/** Every image for this caller, step by step in no particular order, so that a large catalogue is never in memory whole. */
export async function* allServed(em: SqlEntityManager, isTrusted: boolean): AsyncGenerator<ServedImage> {
  for (let after = 0; ; ) {
    const where = allOf([sqlText`i.id > ${after}`, servable(isTrusted)]);
    const statement = sqlText`select ${COLUMNS} from image i where ${where} order by i.id limit ${ROWS_PER_STEP}`;
    const rows = await readObjects<Row>(em, statement);
    yield* await withTags(em, rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_PER_STEP) return;
    after = last.id;
  }
}

/** Those of the uuids that are for this caller, in the order of the uuids. */
export async function findServedAmong(em: SqlEntityManager, uuids: readonly string[], isTrusted: boolean): Promise<ServedImage[]> {
  const where = allOf([oneOf('i.uuid', uuids), servable(isTrusted)]);
  const rows = await readObjects<Row>(em, sqlText`select ${COLUMNS} from image i where ${where}`);
  const found = new Map((await withTags(em, rows)).map((image) => [image.manifest.uuid, image]));
  return uuids.map((uuid) => found.get(uuid)).filter((image) => image !== undefined);
}
