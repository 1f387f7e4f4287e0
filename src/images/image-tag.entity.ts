import { defineEntity, p } from '@mikro-orm/core';
import { Image } from './image.entity.js';

const ImageTagSchema = defineEntity({
  name: 'ImageTag',
  tableName: 'image_tag',
  properties: {
    image: () => p.manyToOne(Image).ref().primary().deleteRule('cascade').index(false),
    tag: p.string().length(64).primary(),
    position: p.integer(),
    // Denormalized name of the image, by which lists of a tag are sorted. A trigger of the database writes it.
    name: p.string().length(32).default(''),
  },
  indexes: [
    { name: 'image_tag_tag_index', properties: ['tag', 'image'] },
    { name: 'image_tag_name_index', properties: ['tag', 'name', 'image'] },
  ],
});

/** One tag of an image; `position` keeps the order in which the tags were given. */
export class ImageTag extends ImageTagSchema.class {}
ImageTagSchema.setClass(ImageTag);
