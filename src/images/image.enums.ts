import { registerEnumType } from 'type-graphql';
import { OS_TYPES } from '../imgapi/os-type.js';
import { enumOf } from '../platform/graphql/enum-of.js';
import { FILE_FORMATS } from './file-kind/signatures.js';
import { IMAGE_ACCESS, IMAGE_STATUS } from './image.entity.js';

export const OsTypeEnum = enumOf(OS_TYPES);

registerEnumType(OsTypeEnum, {
  name: 'OsType',
  description: "What kind of system an image holds or a server runs; a server's disk takes images of its own kind only.",
  valuesConfig: {
    LINUX_VM: { description: 'Linux in a virtual machine.' },
    WINDOWS_VM: { description: 'Windows in a virtual machine.' },
    BSD_VM: { description: 'A BSD in a virtual machine.' },
    SUNOS_VM: { description: 'A SunOS descendant, such as SmartOS or OmniOS, in a virtual machine.' },
    SUNOS_ZONE: { description: 'A SunOS zone, which shares the kernel of its compute node.' },
    LINUX_ZONE: { description: 'Linux programs in a zone (LX brand), without a Linux kernel of their own.' },
  },
});

export const FileFormatEnum = enumOf(FILE_FORMATS);

registerEnumType(FileFormatEnum, {
  name: 'FileFormat',
  description: 'What the file of an image is once it is decompressed.',
  valuesConfig: {
    ZFS_STREAM: { description: 'The output of `zfs send`.' },
    RAW: { description: 'The bytes of a disk, with a partition table, a boot sector or a file system.' },
    QCOW2: { description: 'A disk of QEMU.' },
    VMDK: { description: 'A disk of VMware.' },
    VHD: { description: 'A disk of Hyper-V.' },
    ISO: { description: 'A disc: ISO 9660 or UDF.' },
    TAR: { description: 'A tar archive, such as an OVA.' },
    UNKNOWN: { description: 'None of these, as far as its bytes show.' },
  },
});

export const ImageAccessEnum = enumOf(IMAGE_ACCESS);
export type ImageAccess = (typeof IMAGE_ACCESS)[number];

registerEnumType(ImageAccessEnum, {
  name: 'ImageAccess',
  description: 'Who can choose an image for a new disk, where it is attached.',
  valuesConfig: {
    PUBLIC: { description: 'Every user of a datacenter it is attached to.' },
    PRIVATE: { description: 'Its owner and SuperAdmins. Admins of its datacenters see it but cannot use it.' },
    DELETED: {
      description: 'Nobody: it is hidden and kept only for the servers that have it already. Can be taken back.',
    },
  },
});

export const ImageStatusEnum = enumOf(IMAGE_STATUS);
export type ImageStatus = (typeof IMAGE_STATUS)[number];

registerEnumType(ImageStatusEnum, {
  name: 'ImageStatus',
  description: 'Whether an image can be worked with now.',
  valuesConfig: {
    OK: { description: 'Ready to use.' },
    PENDING: { description: 'Being created, updated or deleted by a task; until that ends, nothing else can be done to it.' },
  },
});

/** The actions on one image. `Image.actions` has a verdict on each, in this order. */
export const IMAGE_ACTIONS = ['UPDATE', 'DELETE', 'CHANGE_DC_BOUND', 'ATTACH', 'DETACH', 'USE'] as const;
export type ImageAction = (typeof IMAGE_ACTIONS)[number];
export const ImageActionEnum = enumOf(IMAGE_ACTIONS);

registerEnumType(ImageActionEnum, {
  name: 'ImageAction',
  description: 'Something that can be done to an image.',
  valuesConfig: {
    UPDATE: { description: 'Change its fields other than `dcBound`, with `updateImage`.' },
    DELETE: { description: 'Remove it, with `deleteImage`.' },
    CHANGE_DC_BOUND: { description: 'Bind it to its datacenter or release it, with `updateImage`.' },
    ATTACH: { description: 'Make it usable in one more datacenter, with `attachImage`.' },
    DETACH: { description: 'Make it unusable in one of its datacenters, with `detachImage`.' },
    USE: { description: 'Choose it for the disk of a new server.' },
  },
});

/** What images can be sorted by; equal values are sorted by id. */
export const IMAGE_ORDER_FIELDS = ['NAME', 'ALIAS', 'VERSION', 'SIZE', 'OS_TYPE', 'STATUS', 'OWNER', 'CREATED_AT', 'UPDATED_AT'] as const;
export type ImageOrderField = (typeof IMAGE_ORDER_FIELDS)[number];
export const ImageOrderFieldEnum = enumOf(IMAGE_ORDER_FIELDS);

registerEnumType(ImageOrderFieldEnum, {
  name: 'ImageOrderField',
  description: 'What to sort images by.',
  valuesConfig: {
    NAME: { description: 'Its unique name.' },
    ALIAS: { description: 'Its name for display.' },
    VERSION: { description: 'Its version, as text: `10` comes before `9`.' },
    SIZE: { description: 'The smallest disk it fits on.' },
    OS_TYPE: { description: 'Its OS type, by the name of the value.' },
    STATUS: { description: 'Its status: OK comes before PENDING.' },
    OWNER: { description: 'The username of its owner.' },
    CREATED_AT: { description: 'When it came into the catalogue.' },
    UPDATED_AT: { description: 'When a field of it was last changed.' },
  },
});

/** The kinds of changes that events report. */
const CHANGE_KINDS = ['CREATED', 'UPDATED', 'DELETED', 'HIDDEN'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];
export const ChangeKindEnum = enumOf(CHANGE_KINDS);

registerEnumType(ChangeKindEnum, {
  name: 'ChangeKind',
  description: 'What happened to an image.',
  valuesConfig: {
    CREATED: { description: 'It came into the catalogue, perhaps still PENDING.' },
    UPDATED: { description: 'A field, its status, its binding or its attachments changed, or it came into your sight: add it where you do not have it.' },
    DELETED: { description: 'It is gone from the catalogue; only its name and UUID remain to be told.' },
    HIDDEN: {
      description:
        'It still exists, but you can see it no longer, or no longer in the datacenter that you listen to: it was made PRIVATE, set DELETED, detached, became PENDING where you may only use it, or you lost rights. Only its name and UUID are told.',
    },
  },
});
