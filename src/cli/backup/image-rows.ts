import type { SqlEntityManager } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlInteger, sqlText } from '../../platform/database/sql-text.js';

/** An image that has a file, as its row describes it. */
export interface ImageRow {
  id: number;
  uuid: string;
  /** With the uuid, its key in the image store. */
  attempt: string | null;
  name: string;
  status: string;
  /** Bytes. */
  size: number;
  sha1: string;
  sha256: string;
}

const PAGE_ROWS = 1000;
const COLUMNS = sqlText`id, uuid, file_key, name, status, file_size, file_sha1, file_sha256`;
type Row = [id: number, uuid: string, attempt: string | null, name: string, status: string, size: number | string, sha1: string, sha256: string];

/** Every image that has a file, in the order of ids. */
export async function* imageRows(em: SqlEntityManager): AsyncGenerator<ImageRow> {
  for (let last = 0; ; ) {
    const rows = await readRows<Row>(em, sqlText`select ${COLUMNS} from image where file_sha256 is not null and id > ${last} order by id limit ${sqlInteger(PAGE_ROWS, { max: PAGE_ROWS })}`);
    for (const row of rows) yield imageRow(row);
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE_ROWS) return;
    [last] = end;
  }
}

/** The row of an image that has a file, as it is now; null when it is gone, or has no file. */
export async function imageRowOf(em: SqlEntityManager, uuid: string): Promise<ImageRow | null> {
  const [row] = await readRows<Row>(em, sqlText`select ${COLUMNS} from image where uuid = ${uuid} and file_sha256 is not null`);
  return row === undefined ? null : imageRow(row);
}

/** The uuids of all images, each with the attempt that brought its file; null for a pair, and where there is no file. */
export async function imageKeys(em: SqlEntityManager): Promise<Map<string, string | null>> {
  const keys = new Map<string, string | null>();
  for (let last = 0; ; ) {
    const rows = await readRows<[id: number, uuid: string, attempt: string | null]>(em, sqlText`select id, uuid, file_key from image where id > ${last} order by id limit ${sqlInteger(PAGE_ROWS, { max: PAGE_ROWS })}`);
    for (const [, uuid, attempt] of rows) keys.set(uuid, attempt);
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE_ROWS) return keys;
    [last] = end;
  }
}

function imageRow([id, uuid, attempt, name, status, size, sha1, sha256]: Row): ImageRow {
  return { id, uuid, attempt, name, status, size: Number(size), sha1, sha256 };
}
