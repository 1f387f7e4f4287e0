import type { Viewer } from '../../access/viewer.js';
import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import { amongIds, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlInteger, sqlText } from '../../platform/database/sql-text.js';
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
  return (await findBases(em, [uuid])).get(uuid) ?? null;
}

/** The same, kept from being deleted until the transaction ends: a deletion locks the row before it counts the children. */
export async function lockBase(tx: SqlEntityManager, uuid: string): Promise<Base | null> {
  // On SQLite, a transaction that writes locks the whole database. On Postgres, only a further statement sees the task of the transaction that
  // this one has waited for.
  if (!isSqlite(tx)) await readRows(tx, sqlText`select i.id from image i where i.uuid = ${uuid} for share of i`);
  return findBase(tx, uuid);
}

type BaseRow = [uuid: string, name: string, status: string, taskId: string | null, action: string | null];

/** By uuid, in one statement, those that the catalogue has. */
export async function findBases(em: Reads, uuids: readonly string[]): Promise<ReadonlyMap<string, Base>> {
  const open = sqlText`from task t where t.image_id = i.id and t.finished_at is null order by t.created_at desc limit 1`;
  const text = sqlText`select i.uuid, i.name, i.status, (select t.id ${open}) as task_id, (select t.action ${open}) as action
    from image i where ${amongIds(em, 'i.uuid', uuids)}`;
  const rows = await readRows<BaseRow>(em, text);
  return new Map(rows.map(([uuid, name, status, taskId, action]) => [uuid, status === 'OK' ? { name, state: 'READY', taskId: null } : { name, taskId, state: stateDuring(action) }]));
}

/** `IS_READY` of the repositories' entries is the same rule in SQL. */
function stateDuring(action: string | null): Base['state'] {
  return action === 'IMAGE_UPDATE' ? 'READY' : action === 'IMAGE_DELETE' ? 'LEAVING' : 'COMING';
}
