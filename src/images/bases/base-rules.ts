import type { Viewer } from '../../access/viewer.js';
import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import { amongIds, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlConstant, sqlInteger, sqlText } from '../../platform/database/sql-text.js';
import { visibleImages } from '../image.visibility.js';
import { jsonNames, readNames } from '../rules/named-rows.js';

/** How many children a refusal names; the others are only counted. */
const MOST_NAMES = 10;

/** How many images build on another one, and the names of the first that the viewer sees. */
export interface BaseUse {
  count: number;
  children: string[];
}

/** The images that build on each of these uuids, also those that are being imported: two statements at most. */
export async function baseUses(em: Reads, viewer: Viewer, uuids: readonly string[]): Promise<BaseUse[]> {
  const text = sqlText`select i.origin, count(*) as total from image i where ${amongIds(em, 'i.origin', uuids)} group by i.origin`;
  const counts = new Map(await readRows<[uuid: string, total: number | string]>(em, text, { heavy: true }));
  if (counts.size === 0) return uuids.map(() => ({ count: 0, children: [] }));
  const first = sqlText`select i.name from image i where i.origin = f.origin and ${visibleImages(viewer)} order by i.name limit ${sqlInteger(MOST_NAMES, { max: MOST_NAMES })}`;
  const bases = sqlText`select distinct i.origin from image i where ${amongIds(em, 'i.origin', [...counts.keys()])}`;
  const names = await readNames<string>(em, sqlText`select f.origin, (select ${jsonNames(em)} from (${first}) x) as names from (${bases}) f`);
  return uuids.map((uuid) => ({ count: Number(counts.get(uuid) ?? 0), children: names.get(uuid) ?? [] }));
}

/** The refusal because images build on it. Message and `extensions` count all children and name those that the viewer sees. */
export function hasChildren(name: string, { count, children }: BaseUse): AppError {
  const named = children.length === 0 ? '' : count === children.length ? ` (${children.join(', ')})` : ` (among them ${children.join(', ')})`;
  const [are, them] = count === 1 ? ['1 image builds', 'that one'] : [`${count} images build`, 'those'];
  const message = `${are} on image ${name}${named}, and could not be installed without it; delete ${them} first, or set the access of ${name} to DELETED.`;
  return new AppError('IMAGE_HAS_CHILDREN', message, { count, children });
}

/**
 * The base of an image. COMING: its import or creation goes on, and its children wait for that. LEAVING: it is being deleted. An update
 * needs no waiting, as it leaves the file.
 */
export interface Base {
  name: string;
  state: 'READY' | 'COMING' | 'LEAVING';
  /** The task that works on it; null when none does. */
  taskId: string | null;
}

/** The image that others build on; null when the catalogue has none of that uuid. */
export async function findBase(em: Reads, uuid: string): Promise<Base | null> {
  return readBase(em, uuid, false);
}

/** The same, kept from being deleted until the transaction ends: a deletion locks the row before it counts the children. */
export async function lockBase(tx: SqlEntityManager, uuid: string): Promise<Base | null> {
  return readBase(tx, uuid, !isSqlite(tx));
}

async function readBase(em: Reads, uuid: string, isLocked: boolean): Promise<Base | null> {
  // On SQLite, a transaction that writes locks the whole database.
  const held = sqlConstant(isLocked ? ' for share of i' : '');
  const text = sqlText`select i.id, i.name, i.status from image i where i.uuid = ${uuid}${held}`;
  const [row] = await readRows<[id: number, name: string, status: string]>(em, text);
  if (row === undefined) return null;
  const [id, name, status] = row;
  return status === 'OK' ? { name, state: 'READY', taskId: null } : { name, ...(await workOn(em, id)) };
}

async function workOn(em: Reads, imageId: number): Promise<Omit<Base, 'name'>> {
  const text = sqlText`select t.id, t.action from task t where t.image_id = ${imageId} and t.finished_at is null order by t.created_at desc limit 1`;
  const [task] = await readRows<[id: string, action: string]>(em, text);
  const [taskId, action] = task ?? [null, null];
  return { taskId, state: action === 'IMAGE_UPDATE' ? 'READY' : action === 'IMAGE_DELETE' ? 'LEAVING' : 'COMING' };
}
