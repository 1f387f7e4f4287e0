import type { DatacenterRef, Viewer } from '../../access/viewer.js';
import { visibleServers } from '../../datacenters/server.visibility.js';
import { ALWAYS, allOf } from '../../platform/database/list/conditions.js';
import { AppError } from '../../platform/errors.js';
import { amongFound, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';

/** How many servers a refusal names; the others are only counted. */
const MOST_NAMES = 10;

/** How many servers have a disk made from an image, and the host names of the first that the viewer sees. */
export interface ImageUse {
  count: number;
  servers: string[];
}

/** Servers (alias `s`) with a disk made from the image. */
export function usingImage(em: Reads, imageId: number): SqlText {
  return amongFound(em, 's.id', sqlText`select v.server_id from virtual_disk v where v.image_id = ${imageId}`);
}

/** The servers that use an image, in one datacenter or, for null, in all. */
export async function imageUse(em: Reads, viewer: Viewer, imageId: number, datacenter: DatacenterRef | null = null): Promise<ImageUse> {
  const here = datacenter === null ? ALWAYS : sqlText`s.datacenter_id = ${datacenter.id}`;
  const users = sqlText`virtual_server s where ${usingImage(em, imageId)} and ${here}`;
  const [counted] = await readRows<[total: number | string]>(em, sqlText`select count(*) as total from ${users}`, { heavy: true });
  const count = Number(counted?.[0] ?? 0);
  if (count === 0) return { count, servers: [] };
  const named = sqlText`select s.hostname from ${users} and ${allOf([visibleServers(viewer)])} order by s.hostname limit ${sqlInteger(MOST_NAMES, { max: MOST_NAMES })}`;
  return { count, servers: (await readRows<[hostname: string]>(em, named, { heavy: true })).map(([hostname]) => hostname) };
}

/** The refusal because servers use the image. Message and `extensions` count all servers and name those that the viewer sees. */
export function inUse(name: string, { count, servers }: ImageUse, datacenter: DatacenterRef | null = null): AppError {
  const where = datacenter === null ? '' : ` of datacenter ${datacenter.name}`;
  const named = servers.length === 0 ? '' : count === servers.length ? ` (${servers.join(', ')})` : ` (among them ${servers.join(', ')})`;
  const way = datacenter === null ? 'remove its disks there, or set its access to DELETED' : 'remove its disks there first';
  const message = `Image ${name} is used by ${count} server${count === 1 ? '' : 's'}${where}${named}; ${way}.`;
  return new AppError('IMAGE_IN_USE', message, { count, servers });
}
