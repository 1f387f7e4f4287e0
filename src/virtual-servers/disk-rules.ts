import type { OsType } from '../imgapi/os-type.js';
import { AppError } from '../platform/errors.js';

/** What the rules look at, of an image that a disk would take. */
export interface DiskImage {
  name: string;
  access: string;
  status: string;
  ownerId: number;
  osType: OsType;
  sizeMib: number;
  resize: boolean;
  isAttached: boolean;
}

/** The disk, and the server and owner it would be taken by. */
export interface DiskPlan {
  diskId: number;
  sizeMib: number;
  osType: OsType;
  datacenter: string;
  ownerId: number;
  ownerIsSuperAdmin: boolean;
}

const ZONES: readonly OsType[] = ['SUNOS_ZONE', 'LINUX_ZONE'];

type Rule = (image: DiskImage, disk: DiskPlan) => string | null;

/** Each rule with the sentence that says how it is broken; the first broken one is told. */
const RULES: Rule[] = [
  (image, disk) => (image.isAttached ? null : `it is not attached to datacenter ${disk.datacenter}`),
  (image) => (image.access === 'DELETED' ? 'its access is DELETED' : null),
  (image, disk) =>
    image.access === 'PRIVATE' && image.ownerId !== disk.ownerId && !disk.ownerIsSuperAdmin
      ? 'it is PRIVATE and the owner of the server is neither its owner nor a SuperAdmin'
      : null,
  (image) => (image.status === 'OK' ? null : `its status is ${image.status}`),
  (image, disk) => (image.osType === disk.osType ? null : `its OS type is ${image.osType} and that of the server ${disk.osType}`),
  (_image, disk) => (disk.diskId === 1 ? null : `only disk 1 takes an image, not disk ${disk.diskId}`),
  (image, disk) => {
    if (ZONES.includes(image.osType)) return null;
    if (image.resize) return disk.sizeMib >= image.sizeMib ? null : `the disk has ${disk.sizeMib} MiB and needs at least ${image.sizeMib}`;
    return disk.sizeMib === image.sizeMib ? null : `it cannot be resized, so the disk needs exactly ${image.sizeMib} MiB, not ${disk.sizeMib}`;
  },
];

/** IMAGE_NOT_USABLE, saying which rule, unless the disk may newly take the image. */
export function requireUsable(image: DiskImage, disk: DiskPlan): void {
  for (const rule of RULES) {
    const reason = rule(image, disk);
    if (reason !== null) throw new AppError('IMAGE_NOT_USABLE', `Image ${image.name} cannot be used for this disk: ${reason}.`);
  }
}
