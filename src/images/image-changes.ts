import type { SqlEntityManager } from '../platform/database.js';
import type { ImageChange } from '../tasks/change-bus.js';
import type { Announce } from '../tasks/transact.js';
import { ImageAttachment } from './image-attachment.entity.js';
import type { Image } from './image.entity.js';

/** Where an image is attached and bound, as of now. */
export interface Attachments {
  datacenterIds: number[];
  boundDatacenterId: number | null;
}

export async function attachmentsOf(tx: SqlEntityManager, imageId: number): Promise<Attachments> {
  const rows = await tx.find(ImageAttachment, { image: imageId });
  return {
    datacenterIds: rows.map((row) => row.datacenter.id),
    boundDatacenterId: rows.find((row) => row.boundImageId !== null && row.boundImageId !== undefined)?.datacenter.id ?? null,
  };
}

/** Announces a change with what decides who may hear of it, as the image may be gone when it is delivered. */
export function announceImage(kind: ImageChange['kind'], image: Image, attachments: Attachments, announce: Announce): void {
  announce({
    type: 'image',
    kind,
    imageId: image.id,
    uuid: image.uuid,
    name: image.name,
    access: image.access,
    ownerId: image.owner.id,
    ...attachments,
  });
}
