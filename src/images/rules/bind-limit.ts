import { LockMode } from '@mikro-orm/core';
import type { DatacenterRef } from '../../access/viewer.js';
import { Datacenter } from '../../datacenters/datacenter.entity.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError, notFound } from '../../platform/errors.js';
import { amongIds, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlText } from '../../platform/database/sql-text.js';

/** How many images are bound to a datacenter, with any access and status, and how many may be; null: any number. */
export interface Occupancy {
  name: string;
  limit: number | null;
  bound: number;
}

/** Those of several datacenters in one statement; null for one that does not exist. */
export async function occupancies(em: Reads, datacenterIds: readonly number[]): Promise<(Occupancy | null)[]> {
  const bound = sqlText`select count(*) from image_attachment a where a.datacenter_id = d.id and a.bound_image_id is not null`;
  const text = sqlText`select d.id, d.name, d.vms_image_limit, (${bound}) as bound from datacenter d where ${amongIds(em, 'd.id', datacenterIds)}`;
  const rows = await readRows<[id: number, name: string, limit: number | null, bound: number | string]>(em, text);
  const found = new Map(rows.map(([id, name, limit, count]) => [id, { name, limit, bound: Number(count) }]));
  return datacenterIds.map((id) => found.get(id) ?? null);
}

/** IMAGE_LIMIT_REACHED when a datacenter may not have so many bound images more, else null. */
export function limitRefusal({ name, limit, bound }: Occupancy, more = 1): AppError | null {
  if (limit === null || bound + more <= limit) return null;
  const brought = more === 1 ? '' : `, and this brings ${more}, with the base images that are missing`;
  return new AppError(
    'IMAGE_LIMIT_REACHED',
    `Datacenter ${name} has ${bound} bound images and its VMS_IMAGE_LIMIT is ${limit}${brought}; delete or release ${more === 1 ? 'one' : 'some'}, or raise the limit.`,
  );
}

/** Throws IMAGE_LIMIT_REACHED when the datacenter may not have so many bound images more. */
export async function requireRoom(em: Reads, { id, name }: DatacenterRef, more = 1): Promise<void> {
  const [occupancy] = await occupancies(em, [id]);
  if (occupancy === null || occupancy === undefined) throw notFound('datacenter', name);
  const refusal = limitRefusal(occupancy, more);
  if (refusal !== null) throw refusal;
}

/** `requireRoom` with the datacenter locked until the transaction ends, so that two requests cannot both bind the last image. */
export async function lockForBinding(tx: SqlEntityManager, datacenterId: number, name: string): Promise<Datacenter> {
  const datacenter = await tx.findOne(Datacenter, datacenterId, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  if (datacenter === null) throw notFound('datacenter', name);
  await requireRoom(tx, datacenter);
  return datacenter;
}
