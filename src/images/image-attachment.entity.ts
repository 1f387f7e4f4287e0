import { defineEntity, p } from '@mikro-orm/core';
import { Datacenter } from '../datacenters/datacenter.entity.js';
import { Image } from './image.entity.js';

const ImageAttachmentSchema = defineEntity({
  name: 'ImageAttachment',
  tableName: 'image_attachment',
  properties: {
    image: () => p.manyToOne(Image).ref().primary().deleteRule('cascade'),
    datacenter: () => p.manyToOne(Datacenter).ref().primary().deleteRule('cascade'),
    boundImageId: p.integer().nullable().unique(),
  },
  indexes: [
    { name: 'image_attachment_datacenter_index', properties: ['datacenter', 'image'] },
    { name: 'image_attachment_bound_index', properties: ['datacenter', 'boundImageId'] },
  ],
  checks: [
    { name: 'image_attachment_binding_is_own', expression: 'bound_image_id is null or bound_image_id = image_id' },
  ],
});

/**
 * An image attached to a datacenter: usable there. `boundImageId` repeats the image's id when this attachment is also
 * the binding; it is unique, so the database itself holds that an image is bound to one datacenter at most, and only
 * to one that it is attached to.
 */
export class ImageAttachment extends ImageAttachmentSchema.class {}
ImageAttachmentSchema.setClass(ImageAttachment);
