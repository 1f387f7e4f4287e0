import { LockMode } from '@mikro-orm/core';
import type { User } from '../../access/people/user.entity.js';
import type { Datacenter } from '../../datacenters/datacenter.entity.js';
import { ImageAttachment } from '../../images/image-attachment.entity.js';
import { Image } from '../../images/image.entity.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { blaming, type FieldError, unknownName } from '../../platform/errors.js';
import type { VirtualServer } from '../virtual-server.entity.js';
import type { VirtualDiskInput } from '../virtual-server.inputs.js';
import { requireAssignable } from './disk-rules.js';
import { VirtualDisk } from './virtual-disk.entity.js';

/** The images that a list of disks names, by name. */
export type NamedImages = ReadonlyMap<string, Image>;

/** Locks the images that the disks name until the transaction ends, so that none is deleted or detached meanwhile. */
export async function lockNamedImages(tx: SqlEntityManager, disks: readonly VirtualDiskInput[]): Promise<NamedImages> {
  const names = disks.map((disk) => disk.image).filter((name) => typeof name === 'string');
  if (names.length === 0) return new Map();
  const images = await tx.find(Image, { name: names }, { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' } });
  return new Map(images.map((image) => [image.name, image]));
}

/** A fault for every disk whose image does not exist. */
export function imageNameFaults(disks: readonly VirtualDiskInput[], images: NamedImages): FieldError[] {
  return disks.flatMap(({ image }, at) =>
    typeof image === 'string' && !images.has(image) ? [unknownName(`disks.${at}.image`, 'image', image)] : [],
  );
}

/** What the disks of a server depend on: where it runs, who owns it, and the locked images of the disks. */
export interface DiskContext {
  datacenter: Datacenter;
  owner: User;
  images: NamedImages;
}

/**
 * Replaces the disks of a server. A disk that newly takes an image must obey the rules; one that has the image already keeps
 * it, even if the image could no longer be chosen.
 */
export async function replaceDisks(tx: SqlEntityManager, server: VirtualServer, context: DiskContext, disks: readonly VirtualDiskInput[]): Promise<void> {
  const before = new Map((await tx.find(VirtualDisk, { server: server.id })).map((disk) => [disk.diskId, disk.image?.id ?? null]));
  const imageOf = ({ image }: VirtualDiskInput): Image | undefined => (typeof image === 'string' ? context.images.get(image) : undefined);
  for (const [at, disk] of disks.entries()) {
    const image = imageOf(disk);
    if (image === undefined || before.get(disk.diskId) === image.id) continue;
    await blaming({ [`disks.${at}.image`]: image.name }, async () => requireRules(tx, server, context, { disk, image }));
  }
  await tx.nativeDelete(VirtualDisk, { server: server.id });
  const rows = disks.map((disk) => ({ server: server.id, diskId: disk.diskId, sizeMib: disk.size, image: imageOf(disk)?.id ?? null }));
  await tx.insertMany(VirtualDisk, rows);
}

async function requireRules(
  tx: SqlEntityManager,
  server: VirtualServer,
  { datacenter, owner }: DiskContext,
  { disk, image }: { disk: VirtualDiskInput; image: Image },
): Promise<void> {
  const attached = (await tx.find(ImageAttachment, { image: image.id })).map((row) => row.datacenter.id);
  const { name, access, status, osType, sizeMib, resize } = image;
  requireAssignable(
    { name, access, status, osType, sizeMib, resize, ownerId: image.owner.id, isAttachedHere: attached.includes(datacenter.id), isAttachedAnywhere: attached.length > 0 },
    {
      diskId: disk.diskId,
      sizeMib: disk.size,
      osType: server.osType,
      datacenter: datacenter.name,
      ownerId: owner.id,
      ownerIsSuperAdmin: owner.isSuperAdmin,
    },
  );
}
