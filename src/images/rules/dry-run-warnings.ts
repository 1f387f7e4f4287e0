import type { DatacenterRef } from '../../access/viewer.js';
import { holdersOf } from '../../datacenters/groups/permission-holders.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';

/** The warning of a dry run that would remove a binding. */
export async function bindingRemovedWarning(em: SqlEntityManager, bound: DatacenterRef): Promise<string> {
  const admins = await countImageAdmins(em, bound.id);
  return `The binding to ${bound.name} will be removed: ${imageAdmins(admins)} ${admins === 1 ? 'loses' : 'lose'} write access.`;
}

/** The warning of a dry run that would bind the image. */
export async function bindingMadeWarning(em: SqlEntityManager, bound: DatacenterRef): Promise<string> {
  const admins = await countImageAdmins(em, bound.id);
  return `The image will be bound to ${bound.name}: ${imageAdmins(admins)} ${admins === 1 ? 'gets' : 'get'} write access.`;
}

function imageAdmins(count: number): string {
  return `${count} ImageAdmin${count === 1 ? '' : 's'}`;
}

/** Active users who may update the images of a datacenter. SuperAdmins are not counted: they need no permission there. */
async function countImageAdmins(em: SqlEntityManager, datacenterId: number): Promise<number> {
  const statement = sqlText`select count(*) as total from user_account u
    where u.active and not u.is_super_admin and ${holdersOf('image.update', datacenterId)}`;
  const [row] = await readRows<[total: number | string]>(em, statement);
  return Number(row?.[0] ?? 0);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? `[${value.map(shown).join(', ')}]` : String(value);
}

/** One sentence per field that an update would change. */
export function fieldWarnings(differences: Readonly<Record<string, { before: unknown; after: unknown }>>): string[] {
  return Object.entries(differences)
    .filter(([field]) => field !== 'dcBound')
    .map(([field, { before, after }]) => `${field} will change from ${shown(before)} to ${shown(after)}.`);
}

/** What a new access means for users and servers. */
export function accessWarnings(access: string | undefined, servers: number): string[] {
  const keep = servers === 0 ? 'no server has it now' : servers === 1 ? '1 server keeps it' : `${servers} servers keep it`;
  if (access === 'DELETED') return [`The image will be hidden and unusable for new servers; ${keep}.`];
  if (access === 'PRIVATE') return ['Only its owner and SuperAdmins will be able to use it for new servers.'];
  return access === 'PUBLIC' ? ['Every user of its datacenters will be able to use it for new servers.'] : [];
}
