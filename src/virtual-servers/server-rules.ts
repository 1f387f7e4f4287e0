import { isIP } from 'node:net';
import { imageFieldFaults } from '../images/rules/image-rules.js';
import { quoteVisibly, strangeCharacter } from '../platform/display-text.js';
import type { FieldError } from '../platform/errors.js';
import type { VirtualDiskInput } from './virtual-server.inputs.js';

const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** The fields of a server that can be checked without the database; null and undefined mean not given. */
export interface ServerFields {
  hostname?: string | null;
  tags?: readonly string[] | null;
  disks?: readonly VirtualDiskInput[] | null;
  addresses?: readonly string[] | null;
}

function isHostname(hostname: string): boolean {
  return hostname.length <= 128 && hostname.split('.').every((label) => LABEL.test(label));
}

function diskFaults(disks: readonly VirtualDiskInput[]): FieldError[] {
  const faults: FieldError[] = [];
  disks.forEach(({ diskId, size }, at) => {
    if (diskId < 1) faults.push({ path: `disks.${at}.diskId`, message: `${diskId} is not a disk number; they start at 1.` });
    if (size < 1) faults.push({ path: `disks.${at}.size`, message: `${size} MiB is not a size; at least 1 is.` });
    if (disks.findIndex((disk) => disk.diskId === diskId) < at) faults.push({ path: `disks.${at}.diskId`, message: `Disk ${diskId} is given twice.` });
  });
  return faults;
}

/** Every fault of the given fields at once. */
export function serverFieldFaults(fields: ServerFields): FieldError[] {
  const faults: FieldError[] = [];
  if (typeof fields.hostname === 'string' && !isHostname(fields.hostname)) {
    const message = `${quoteVisibly(fields.hostname)} is not a host name of at most 128 characters: labels of letters, digits and "-", joined by dots.${strangeCharacter(fields.hostname)}`;
    faults.push({ path: 'hostname', message });
  }
  faults.push(...imageFieldFaults({ tags: fields.tags }), ...diskFaults(fields.disks ?? []));
  (fields.addresses ?? []).forEach((address, at) => {
    if (isIP(address) === 0) faults.push({ path: `addresses.${at}`, message: `${quoteVisibly(address)} is not an IP address.` });
  });
  return faults;
}
