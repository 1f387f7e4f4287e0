import { manifestKindOf, type OsType } from './os-type.js';

/** What a manifest says of an image that begins its life here. */
export interface NewManifestFacts {
  uuid: string;
  name: string;
  version: string;
  osType: OsType;
  /** MiB. */
  sizeMib: number;
}

/** A disk image must say how its disk and network card are driven; a zone must not. */
const DRIVERS = { nic_driver: 'virtio', disk_driver: 'virtio', cpu_type: 'host' };

/** A manifest, version 2, with everything that IMGAPI requires except the file, which is added when it is known. */
export function newManifest({ uuid, name, version, osType, sizeMib }: NewManifestFacts): Record<string, unknown> {
  const { type, os } = manifestKindOf(osType);
  return { v: 2, uuid, name, version, type, os, ...(type === 'zvol' && { ...DRIVERS, image_size: sizeMib }) };
}
