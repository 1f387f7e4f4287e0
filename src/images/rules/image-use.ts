import type { DatacenterRef, Viewer } from '../../access/viewer.js';
import { visibleServers } from '../../datacenters/server.visibility.js';
import { ALWAYS, allOf } from '../../platform/database/list/conditions.js';
import { AppError } from '../../platform/errors.js';
import { amongFound, amongIds, listed, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { jsonNames, readNames } from './named-rows.js';

/** How many servers a refusal names; the others are only counted. */
const MOST_NAMES = 10;

/** How many servers have a disk made from an image, and the host names of the first that the viewer sees. */
export interface ImageUse {
  count: number;
  servers: string[];
}

const NO_USE: ImageUse = { count: 0, servers: [] };

/** Servers (alias `s`) with a disk made from the image. */
export function usingImage(em: Reads, imageId: number): SqlText {
  return amongFound(em, 's.id', sqlText`select v.server_id from virtual_disk v where v.image_id = ${imageId}`);
}

/** How many servers use each of these images, in one datacenter or, for null, in all; images that none uses are left out. */
async function countUses(em: Reads, imageIds: readonly number[], datacenter: DatacenterRef | null): Promise<Map<number, number>> {
  const among = amongIds(em, 'v.image_id', imageIds);
  const uses = datacenter === null ? sqlText`virtual_disk v where ${among}` : sqlText`virtual_disk v join virtual_server s on s.id = v.server_id where ${among} and s.datacenter_id = ${datacenter.id}`;
  const text = sqlText`select v.image_id, count(distinct v.server_id) as total from ${uses} group by v.image_id`;
  const rows = await readRows<[imageId: number, total: number | string]>(em, text, { heavy: true });
  return new Map(rows.map(([imageId, total]) => [imageId, Number(total)]));
}

/** The servers that use each of these images, in one datacenter or, for null, in all: two statements at most. */
export async function imageUses(em: Reads, viewer: Viewer, imageIds: readonly number[], datacenter: DatacenterRef | null): Promise<ImageUse[]> {
  const counts = await countUses(em, imageIds, datacenter);
  if (counts.size === 0) return imageIds.map(() => NO_USE);
  const here = datacenter === null ? ALWAYS : sqlText`s.datacenter_id = ${datacenter.id}`;
  const using = amongFound(em, 's.id', sqlText`select v.server_id from virtual_disk v where v.image_id = f.id`);
  const first = sqlText`select s.hostname as name from virtual_server s where ${using} and ${allOf([here, visibleServers(viewer)])}
    order by s.hostname limit ${sqlInteger(MOST_NAMES, { max: MOST_NAMES })}`;
  const names = await readNames(em, sqlText`select f.id, (select ${jsonNames(em)} from (${first}) x) as names from (${listed(em, [...counts.keys()])}) f`);
  return imageIds.map((id) => ({ count: counts.get(id) ?? 0, servers: names.get(id) ?? [] }));
}

/** The servers that use an image, in one datacenter or, for null, in all. */
export async function imageUse(em: Reads, viewer: Viewer, imageId: number, datacenter: DatacenterRef | null = null): Promise<ImageUse> {
  const [use] = await imageUses(em, viewer, [imageId], datacenter);
  return use ?? NO_USE;
}

/** The refusal because servers use the image. Message and `extensions` count all servers and name those that the viewer sees. */
export function inUse(name: string, { count, servers }: ImageUse, datacenter: DatacenterRef | null = null): AppError {
  const where = datacenter === null ? '' : ` of datacenter ${datacenter.name}`;
  const named = servers.length === 0 ? '' : count === servers.length ? ` (${servers.join(', ')})` : ` (among them ${servers.join(', ')})`;
  const way = datacenter === null ? 'remove its disks there, or set its access to DELETED' : 'remove its disks there first';
  const message = `Image ${name} is used by ${count} server${count === 1 ? '' : 's'}${where}${named}; ${way}.`;
  return new AppError('IMAGE_IN_USE', message, { count, servers });
}
