import { LockMode } from '@mikro-orm/core';
import { Datacenter } from '../../datacenters/datacenter.entity.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError, notFound } from '../../platform/errors.js';
import { ImageAttachment } from '../image-attachment.entity.js';

/** How many images are bound to a datacenter, with any access and status. */
export async function countBound(em: SqlEntityManager, datacenterId: number): Promise<number> {
  return em.count(ImageAttachment, { datacenter: datacenterId, boundImageId: { $ne: null } });
}

/** Throws IMAGE_LIMIT_REACHED when the datacenter may not have so many bound images more. */
export async function requireRoom(em: SqlEntityManager, datacenter: Datacenter, more = 1): Promise<void> {
  const limit = datacenter.vmsImageLimit ?? null;
  if (limit === null) return;
  const bound = await countBound(em, datacenter.id);
  if (bound + more <= limit) return;
  const brought = more === 1 ? '' : `, and this brings ${more}, with the base images that are missing`;
  throw new AppError(
    'IMAGE_LIMIT_REACHED',
    `Datacenter ${datacenter.name} has ${bound} bound images and its VMS_IMAGE_LIMIT is ${limit}${brought}; delete or release ${more === 1 ? 'one' : 'some'}, or raise the limit.`,
  );
}

/** `requireRoom` with the datacenter locked until the transaction ends, so that two requests cannot both bind the last image. */
export async function lockForBinding(tx: SqlEntityManager, datacenterId: number, name: string): Promise<Datacenter> {
  const datacenter = await tx.findOne(Datacenter, datacenterId, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  if (datacenter === null) throw notFound('datacenter', name);
  await requireRoom(tx, datacenter);
  return datacenter;
}
