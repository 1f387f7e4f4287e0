import { defineEntity, p } from '@mikro-orm/core';
import { Image } from '../../images/image.entity.js';
import { VirtualServer } from '../virtual-server.entity.js';

const VirtualDiskSchema = defineEntity({
  name: 'VirtualDisk',
  tableName: 'virtual_disk',
  properties: {
    server: () => p.manyToOne(VirtualServer).ref().primary().deleteRule('cascade').index(false),
    diskId: p.integer().primary().autoincrement(false),
    sizeMib: p.integer(),
    image: () => p.manyToOne(Image).ref().nullable().deleteRule('no action').index(false),
  },
  indexes: [{ name: 'virtual_disk_image_index', properties: ['image', 'server'] }],
  checks: [
    { name: 'virtual_disk_id_positive', expression: 'disk_id >= 1' },
    { name: 'virtual_disk_size_positive', expression: 'size_mib > 0' },
  ],
});

/** A disk of a server. The database refuses to delete an image that a disk refers to. */
export class VirtualDisk extends VirtualDiskSchema.class {}
VirtualDiskSchema.setClass(VirtualDisk);
