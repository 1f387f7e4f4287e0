import type { DatacenterRef } from '../access/viewer.js';
import type { SqlEntityManager } from '../platform/database.js';
import type { ImageChange } from '../tasks/change-bus.js';
import type { Announce } from '../tasks/transact.js';
import type { Subject } from './action-rules.js';
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

/** An image as the rules of actions look at it, with its datacenters by name whoever sees them. */
export async function subjectOf(tx: SqlEntityManager, image: Image): Promise<Subject> {
  const rows = await tx.find(ImageAttachment, { image: image.id }, { populate: ['datacenter'] });
  const placeOf = (row: (typeof rows)[number]): DatacenterRef => ({ id: row.datacenter.id, name: row.datacenter.getEntity().name });
  const attached = rows.map(placeOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  const binding = rows.find((row) => row.boundImageId !== null && row.boundImageId !== undefined);
  const { id, name, status, access, owner } = image;
  return { id, name, status, access, ownerId: owner.id, attached, bound: binding ? placeOf(binding) : null };
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
