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
    // Denormalized columns of the image, by which lists of a datacenter sort and filter. Triggers of the database keep them current, and fill them in where an insert leaves them out.
    name: p.string().length(32).default(''),
    alias: p.string().length(32).default(''),
    sizeMib: p.integer().default(0),
    imageCreatedAt: p.type(BytesType).$type<number>().default(0),
    access: p.string().length(8).default(''),
    version: p.string().length(16).default(''),
    osType: p.string().length(16).default(''),
    status: p.string().length(8).default(''),
    ownerName: p.string().length(64).default(''),
    imageUpdatedAt: p.type(BytesType).$type<number>().default(0),
  },
  // Partial: with the rows that are null, planners would expect one image to have very many bindings.
  uniques: [{ name: 'image_attachment_bound_image_id_unique', properties: ['boundImageId'], where: 'bound_image_id is not null' }],
  indexes: [
    { name: 'image_attachment_access_index', properties: ['datacenter', 'access', 'image'] },
    { name: 'image_attachment_datacenter_index', properties: ['datacenter', 'image'] },
    { name: 'image_attachment_bound_index', properties: ['datacenter', 'boundImageId'] },
    { name: 'image_attachment_name_index', properties: ['datacenter', 'name', 'image'] },
    { name: 'image_attachment_alias_index', properties: ['datacenter', 'alias', 'image'] },
    { name: 'image_attachment_size_index', properties: ['datacenter', 'sizeMib', 'image'] },
    { name: 'image_attachment_created_index', properties: ['datacenter', 'imageCreatedAt', 'image'] },
    { name: 'image_attachment_version_index', properties: ['datacenter', 'version', 'image'] },
    { name: 'image_attachment_os_type_index', properties: ['datacenter', 'osType', 'image'] },
    { name: 'image_attachment_status_index', properties: ['datacenter', 'status', 'image'] },
    { name: 'image_attachment_owner_index', properties: ['datacenter', 'ownerName', 'image'] },
    { name: 'image_attachment_updated_index', properties: ['datacenter', 'imageUpdatedAt', 'image'] },
  ],
  checks: [
    { name: 'image_attachment_binding_is_own', expression: 'bound_image_id is null or bound_image_id = image_id' },
  ],
});

/**
 * An image attached to a datacenter can be used there. `boundImageId` repeats the id of the image when this attachment is also the
 * binding. It is unique, so the database ensures that an image is bound to one datacenter at most, and only to one that it is attached
 * to. Lists of a datacenter read this table in their order, so a page costs the same however many images other datacenters have.
 */
export class ImageAttachment extends ImageAttachmentSchema.class {}
ImageAttachmentSchema.setClass(ImageAttachment);
