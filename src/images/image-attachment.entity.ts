import { defineEntity, p } from '@mikro-orm/core';
import { Datacenter } from '../datacenters/datacenter.entity.js';
import { BytesType } from '../platform/database/column-types.js';
import { Image } from './image.entity.js';

const ImageAttachmentSchema = defineEntity({
  name: 'ImageAttachment',
  tableName: 'image_attachment',
  properties: {
    image: () => p.manyToOne(Image).ref().primary().deleteRule('cascade').index(false),
    datacenter: () => p.manyToOne(Datacenter).ref().primary().deleteRule('cascade').index(false),
    boundImageId: p.integer().nullable(),
    // What lists of a datacenter are ordered and narrowed by, copied from the image; triggers of the database keep it true, and fill it in where it is not given.
    name: p.string().length(32).default(''),
    alias: p.string().length(32).default(''),
    sizeMib: p.integer().default(0),
    imageCreatedAt: p.type(BytesType).$type<number>().default(0),
    access: p.string().length(8).default(''),
  },
  // Without the attachments that are none: counted in, they would make planners think that an image has very many bindings.
  uniques: [{ name: 'image_attachment_bound_image_id_unique', properties: ['boundImageId'], where: 'bound_image_id is not null' }],
  indexes: [
    { name: 'image_attachment_access_index', properties: ['datacenter', 'access', 'image'] },
    { name: 'image_attachment_datacenter_index', properties: ['datacenter', 'image'] },
    { name: 'image_attachment_bound_index', properties: ['datacenter', 'boundImageId'] },
    { name: 'image_attachment_name_index', properties: ['datacenter', 'name', 'image'] },
    { name: 'image_attachment_alias_index', properties: ['datacenter', 'alias', 'image'] },
    { name: 'image_attachment_size_index', properties: ['datacenter', 'sizeMib', 'image'] },
    { name: 'image_attachment_created_index', properties: ['datacenter', 'imageCreatedAt', 'image'] },
  ],
  checks: [
    { name: 'image_attachment_binding_is_own', expression: 'bound_image_id is null or bound_image_id = image_id' },
  ],
});

/**
 * An image attached to a datacenter: usable there. `boundImageId` repeats the image's id when this attachment is also
 * the binding; it is unique, so the database itself holds that an image is bound to one datacenter at most, and only
 * to one that it is attached to. A page of a datacenter's images is read in order from here, however many images there are
 * elsewhere.
 */
export class ImageAttachment extends ImageAttachmentSchema.class {}
ImageAttachmentSchema.setClass(ImageAttachment);
