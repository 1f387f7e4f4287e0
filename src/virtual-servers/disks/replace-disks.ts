import { LockMode } from '@mikro-orm/core';
import type { User } from '../../access/people/user.entity.js';
import type { Datacenter } from '../../datacenters/datacenter.entity.js';
import { ImageAttachment } from '../../images/image-attachment.entity.js';
import { Image } from '../../images/image.entity.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { badInput, type FieldError } from '../../platform/errors.js';
import { requireAssignable } from './disk-rules.js';
import { VirtualDisk } from './virtual-disk.entity.js';
import type { VirtualServer } from '../virtual-server.entity.js';
import type { VirtualDiskInput } from '../virtual-server.inputs.js';

/** Holds the images that the disks name, as `placeDisks` does; a fault for every one that is not there. */
export async function imageNameFaults(tx: SqlEntityManager, disks: readonly VirtualDiskInput[]): Promise<FieldError[]> {
  const names = disks.map((disk) => disk.image).filter((name) => typeof name === 'string');
  if (names.length === 0) return [];
  const images = await tx.find(Image, { name: names }, { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' } });
  const known = new Set(images.map((image) => image.name));
  return disks.flatMap(({ image }, at) =>
    typeof image === 'string' && !known.has(image) ? [{ path: `disks.${at}.image`, message: `There is no image "${image}".` }] : [],
  );
}

/** The images that the disks name, held until the transaction ends so that none is deleted or detached meanwhile. */
async function lockImages(tx: SqlEntityManager, disks: readonly VirtualDiskInput[]): Promise<Map<string, Image>> {
  const names = disks.map((disk) => disk.image).filter((name) => typeof name === 'string');
  const images = await tx.find(Image, { name: names }, { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' } });
  const found = new Map(images.map((image) => [image.name, image]));
  const faults = disks.flatMap(({ image }, at) =>
    typeof image === 'string' && !found.has(image) ? [{ path: `disks.${at}.image`, message: `There is no image "${image}".` }] : [],
  );
  if (faults.length > 0) throw badInput(faults);
  return found;
}

/**
 * Gives a server exactly these disks. A disk that newly takes an image must obey the rules; one that has it keeps it, also
 * when the image could no longer be chosen.
 */
export async function replaceDisks(
  tx: SqlEntityManager,
  server: VirtualServer,
  place: { datacenter: Datacenter; owner: User },
  disks: readonly VirtualDiskInput[],
): Promise<void> {
  const images = await lockImages(tx, disks);
  const before = new Map((await tx.find(VirtualDisk, { server: server.id })).map((disk) => [disk.diskId, disk.image?.id ?? null]));
  for (const disk of disks) {
    const image = typeof disk.image === 'string' ? images.get(disk.image) : undefined;
    if (image === undefined || before.get(disk.diskId) === image.id) continue;
    const attached = (await tx.find(ImageAttachment, { image: image.id })).map((row) => row.datacenter.id);
    const [isAttachedHere, isAttachedAnywhere] = [attached.includes(place.datacenter.id), attached.length > 0];
    const { name, access, status, osType, sizeMib, resize } = image;
    requireAssignable(
      { name, access, status, osType, sizeMib, resize, ownerId: image.owner.id, isAttachedHere, isAttachedAnywhere },
      {
        diskId: disk.diskId,
        sizeMib: disk.size,
        osType: server.osType,
        datacenter: place.datacenter.name,
        ownerId: place.owner.id,
        ownerIsSuperAdmin: place.owner.isSuperAdmin,
      },
    );
  }
  await tx.nativeDelete(VirtualDisk, { server: server.id });
  const rows = disks.map((disk) => ({
    server: server.id,
    diskId: disk.diskId,
    sizeMib: disk.size,
    image: typeof disk.image === 'string' ? (images.get(disk.image)?.id ?? null) : null,
  }));
  await tx.insertMany(VirtualDisk, rows);
}
