import { manifestKindOf, type OsType } from './os-type.js';

/** The facts of an image that is created here rather than imported. */
export interface NewManifestFacts {
  uuid: string;
  name: string;
  version: string;
  osType: OsType;
  /** MiB. */
  sizeMib: number;
}

/** Required in the manifest of a disk image, not allowed in that of a zone. */
const DRIVERS = { nic_driver: 'virtio', disk_driver: 'virtio', cpu_type: 'host' };

/** Creates a manifest, version 2, with all that IMGAPI requires except the file, which is added later. */
export function newManifest({ uuid, name, version, osType, sizeMib }: NewManifestFacts): Record<string, unknown> {
  const { type, os } = manifestKindOf(osType);
  return { v: 2, uuid, name, version, type, os, ...(type === 'zvol' && { ...DRIVERS, image_size: sizeMib }) };
}
