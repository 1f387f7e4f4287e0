import { LockMode } from '@mikro-orm/core';
import { Datacenter } from '../datacenters/datacenter.entity.js';
import type { SqlEntityManager } from '../platform/database.js';
import { AppError, notFound } from '../platform/errors.js';
import { ImageAttachment } from './image-attachment.entity.js';

/**
 * The datacenter, held until the transaction ends so that two requests cannot both take the last place.
 * IMAGE_LIMIT_REACHED when no further image may be bound to it.
 */
export async function lockForBinding(tx: SqlEntityManager, datacenterId: number, name: string): Promise<Datacenter> {
  const datacenter = await tx.findOne(Datacenter, datacenterId, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  if (datacenter === null) throw notFound('datacenter', name);
  const limit = datacenter.vmsImageLimit ?? null;
  if (limit === null) return datacenter;
  const bound = await tx.count(ImageAttachment, { datacenter: datacenterId, boundImageId: { $ne: null } });
  if (bound < limit) return datacenter;
  throw new AppError(
    'IMAGE_LIMIT_REACHED',
    `Datacenter ${datacenter.name} has ${bound} bound images and its VMS_IMAGE_LIMIT is ${limit}; delete or release one, or raise the limit.`,
  );
}
