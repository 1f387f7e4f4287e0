import { type SqlBool, sql } from 'kysely';
import type { SqlEntityManager } from '../platform/database.js';
import { statements } from '../platform/database.js';
import { allOf, type Condition, oneOf } from '../platform/conditions.js';
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

const COLUMNS = sql`i.id, i.uuid, i.name, i.version, i.access, i.description, i.size_mib, i.resize, i.deploy, i.manifest,
  i.file_size, i.file_sha1, i.file_md5, i.file_compression, i.created_at`;

/** Rows read at once while a list is answered; the rest stays in the database. */
const ROWS_PER_STEP = 200;

/** Images with a file; callers from elsewhere than the trusted networks see the public ones alone. */
function servable(isTrusted: boolean): Condition {
  const hasFile = sql<SqlBool>`i.file_sha1 is not null`;
  return isTrusted ? hasFile : allOf([hasFile, sql<SqlBool>`i.access = 'PUBLIC'`]);
}

async function withTags(em: SqlEntityManager, rows: readonly Row[]): Promise<ServedImage[]> {
  const statement = sql<{ image_id: number; tag: string }>`select image_id, tag from image_tag
    where ${oneOf('image_id', rows.map((row) => row.id))} order by image_id, position`;
  const tags = rows.length === 0 ? [] : (await statement.execute(statements(em))).rows;
  return rows.map((row) => ({
    md5: row.file_md5,
    manifest: shownManifest({
      ...row,
      sizeMib: row.size_mib,
      resize: asBoolean(row.resize),
      deploy: asBoolean(row.deploy),
      tags: tags.filter((tag) => tag.image_id === row.id).map((tag) => tag.tag),
      file: { sha1: row.file_sha1, size: Number(row.file_size), compression: row.file_compression },
      createdAt: new Date(Number(row.created_at)),
    }),
  }));
}

/** Null for an image that is not there, has no file, or is not for this caller. */
export async function findServed(em: SqlEntityManager, uuid: string, isTrusted: boolean): Promise<ServedImage | null> {
  const where = allOf([sql<SqlBool>`i.uuid = ${uuid}`, servable(isTrusted)]);
  const { rows } = await sql<Row>`select ${COLUMNS} from image i where ${where}`.execute(statements(em));
  return (await withTags(em, rows))[0] ?? null;
}

/** Every image for this caller, step by step in no particular order, so that a large catalogue is never in memory whole. */
export async function* allServed(em: SqlEntityManager, isTrusted: boolean): AsyncGenerator<ServedImage> {
  for (let after = 0; ; ) {
    const where = allOf([sql<SqlBool>`i.id > ${after}`, servable(isTrusted)]);
    const statement = sql<Row>`select ${COLUMNS} from image i where ${where} order by i.id limit ${ROWS_PER_STEP}`;
    const { rows } = await statement.execute(statements(em));
    yield* await withTags(em, rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_PER_STEP) return;
    after = last.id;
  }
}

/** Those of the uuids that are for this caller, in the order of the uuids. */
export async function findServedAmong(em: SqlEntityManager, uuids: readonly string[], isTrusted: boolean): Promise<ServedImage[]> {
  const where = allOf([oneOf('i.uuid', uuids), servable(isTrusted)]);
  const { rows } = await sql<Row>`select ${COLUMNS} from image i where ${where}`.execute(statements(em));
  const found = new Map((await withTags(em, rows)).map((image) => [image.manifest.uuid, image]));
  return uuids.map((uuid) => found.get(uuid)).filter((image) => image !== undefined);
}
