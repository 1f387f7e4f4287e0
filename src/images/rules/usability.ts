import { AppError } from '../../platform/errors.js';

/** What decides whether a new disk may be made from an image, whatever the disk is like. */
export interface ChosenImage {
  name: string;
  access: string;
  status: string;
  ownerId: number;
  isAttachedHere: boolean;
  isAttachedAnywhere: boolean;
}

/** The owner of the disk, and the datacenter of its server. */
export interface DiskOwner {
  ownerId: number;
  ownerIsSuperAdmin: boolean;
  datacenter: string;
}

function attachmentFault(image: ChosenImage, { datacenter }: DiskOwner): string | null {
  if (image.isAttachedHere) return null;
  return image.isAttachedAnywhere ? `it is not attached to datacenter ${datacenter}` : 'it is attached to no datacenter';
}

/** The first broken rule of those that hold for every disk, as the end of a sentence; null when there is none. `usable` has the same rules in SQL. */
export function choiceFault(image: ChosenImage, chooser: DiskOwner): string | null {
  const mayUse = image.access !== 'PRIVATE' || image.ownerId === chooser.ownerId || chooser.ownerIsSuperAdmin;
  return (
    attachmentFault(image, chooser) ??
    (image.access === 'DELETED' ? 'its access is DELETED' : null) ??
    (mayUse ? null : 'it is PRIVATE and the owner of the server is neither its owner nor a SuperAdmin') ??
    (image.status === 'OK' ? null : `its status is ${image.status}`)
  );
}

export function notUsable(name: string, reason: string): AppError {
  return new AppError('IMAGE_NOT_USABLE', `Image ${name} cannot be used for this disk: ${reason}.`);
}
