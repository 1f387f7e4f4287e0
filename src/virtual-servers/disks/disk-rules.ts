import { type ChosenImage, type DiskOwner, choiceFault, notUsable } from '../../images/rules/usability.js';
import type { OsType } from '../../imgapi/os-type.js';

/** What the rules need to know of an image. */
export interface DiskImage extends ChosenImage {
  osType: OsType;
  sizeMib: number;
  resize: boolean;
}

/** A disk that is to take an image, with its server and owner. */
export interface DiskToAssign extends DiskOwner {
  diskId: number;
  sizeMib: number;
  osType: OsType;
}

const ZONES: readonly OsType[] = ['SUNOS_ZONE', 'LINUX_ZONE'];

function sizeFault(image: DiskImage, disk: DiskToAssign): string | null {
  if (ZONES.includes(image.osType)) return null;
  if (image.resize) return disk.sizeMib >= image.sizeMib ? null : `the disk has ${disk.sizeMib} MiB and needs at least ${image.sizeMib}`;
  return disk.sizeMib === image.sizeMib ? null : `it cannot be resized, so the disk needs exactly ${image.sizeMib} MiB, not ${disk.sizeMib}`;
}

/** IMAGE_NOT_USABLE with the first broken rule, unless the disk may newly take the image. */
export function requireAssignable(image: DiskImage, disk: DiskToAssign): void {
  const reason =
    choiceFault(image, disk) ??
    (image.osType === disk.osType ? null : `its OS type is ${image.osType} and that of the server ${disk.osType}`) ??
    (disk.diskId === 1 ? null : `only disk 1 takes an image, not disk ${disk.diskId}`) ??
    sizeFault(image, disk);
  if (reason !== null) throw notUsable(image.name, reason);
}
