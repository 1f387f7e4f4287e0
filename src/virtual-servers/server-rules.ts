import { isIP } from 'node:net';
import { imageFieldFaults } from '../images/rules/image-rules.js';
import { quoteVisibly, strangeCharacter } from '../platform/display-text.js';
import { type FieldError, textFault } from '../platform/errors.js';
import type { VirtualDiskInput } from './virtual-server.inputs.js';

const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** The fields of a server that can be checked without the database; null and undefined mean not given. */
export interface ServerFields {
  hostname?: string | null;
  tags?: readonly string[] | null;
  disks?: readonly VirtualDiskInput[] | null;
  addresses?: readonly string[] | null;
}

const LONGEST_HOSTNAME = 128;

function isHostname(hostname: string): boolean {
  return hostname.length <= LONGEST_HOSTNAME && hostname.split('.').every((label) => LABEL.test(label));
}

function diskFaults(disks: readonly VirtualDiskInput[]): FieldError[] {
  const faults: FieldError[] = [];
  disks.forEach(({ diskId, size }, at) => {
    if (diskId < 1) faults.push({ path: `disks.${at}.diskId`, code: 'OUT_OF_RANGE', params: { value: diskId, min: 1 }, message: `${diskId} is not a disk number; they start at 1.` });
    if (size < 1) faults.push({ path: `disks.${at}.size`, code: 'OUT_OF_RANGE', params: { value: size, min: 1 }, message: `${size} MiB is not a size; at least 1 is.` });
    if (disks.findIndex((disk) => disk.diskId === diskId) < at) faults.push({ path: `disks.${at}.diskId`, code: 'DUPLICATE', params: { value: diskId }, message: `Disk ${diskId} is given twice.` });
  });
  return faults;
}

/** Every fault of the given fields at once. */
export function serverFieldFaults(fields: ServerFields): FieldError[] {
  const faults: FieldError[] = [];
  if (typeof fields.hostname === 'string' && !isHostname(fields.hostname)) {
    const message = `${quoteVisibly(fields.hostname)} is not a host name of at most ${LONGEST_HOSTNAME} characters: labels of letters, digits and "-", joined by dots.${strangeCharacter(fields.hostname)}`;
    faults.push(textFault('hostname', message, fields.hostname, LONGEST_HOSTNAME));
  }
  faults.push(...imageFieldFaults({ tags: fields.tags }), ...diskFaults(fields.disks ?? []));
  (fields.addresses ?? []).forEach((address, at) => {
    if (isIP(address) === 0) faults.push({ path: `addresses.${at}`, code: 'INVALID_FORMAT', params: { value: address }, message: `${quoteVisibly(address)} is not an IP address.` });
  });
  return faults;
}
