import { LockMode } from '@mikro-orm/core';
import { Datacenter } from '../../datacenters/datacenter.entity.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError, notFound } from '../../platform/errors.js';
import { ImageAttachment } from '../image-attachment.entity.js';

/** How many images are bound to a datacenter, with any access and status. */
export async function countBound(em: SqlEntityManager, datacenterId: number): Promise<number> {
  return em.count(ImageAttachment, { datacenter: datacenterId, boundImageId: { $ne: null } });
}

/** Throws IMAGE_LIMIT_REACHED when the datacenter already has as many bound images as it may. */
export async function requireRoom(em: SqlEntityManager, datacenter: Datacenter): Promise<void> {
  const limit = datacenter.vmsImageLimit ?? null;
  if (limit === null) return;
  const bound = await countBound(em, datacenter.id);
  if (bound < limit) return;
  throw new AppError(
    'IMAGE_LIMIT_REACHED',
    `Datacenter ${datacenter.name} has ${bound} bound images and its VMS_IMAGE_LIMIT is ${limit}; delete or release one, or raise the limit.`,
  );
}

/** `requireRoom` with the datacenter locked until the transaction ends, so that two requests cannot both bind the last image. */
export async function lockForBinding(tx: SqlEntityManager, datacenterId: number, name: string): Promise<Datacenter> {
  const datacenter = await tx.findOne(Datacenter, datacenterId, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  if (datacenter === null) throw notFound('datacenter', name);
  await requireRoom(tx, datacenter);
  return datacenter;
}
