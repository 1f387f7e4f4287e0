import { AppError } from '../../platform/errors.js';

/** What of an image decides whether a new disk may take it, whatever the disk is like. */
export interface ChosenImage {
  name: string;
  access: string;
  status: string;
  ownerId: number;
  isAttachedHere: boolean;
  isAttachedAnywhere: boolean;
}

/** Whose disk it would be, and where. */
export interface DiskOwner {
  ownerId: number;
  ownerIsSuperAdmin: boolean;
  datacenter: string;
}

function attachmentFault(image: ChosenImage, { datacenter }: DiskOwner): string | null {
  if (image.isAttachedHere) return null;
  return image.isAttachedAnywhere ? `it is not attached to datacenter ${datacenter}` : 'it is attached to no datacenter';
}

/** The first broken rule of those that hold for every disk, as the end of a sentence; null when the image can be chosen. */
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
