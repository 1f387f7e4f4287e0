import { defineEntity, p } from '@mikro-orm/core';
import { InstantType } from '../platform/database/column-types.js';

export const REPOSITORY_STATUS = ['NEVER_LOADED', 'LOADING', 'OK', 'FAILED'] as const;

const ImageRepositorySchema = defineEntity({
  name: 'ImageRepository',
  tableName: 'image_repository',
  properties: {
    id: p.integer().primary(),
    name: p.string().length(32).unique(),
    url: p.string().length(1024),
    isLocal: p.boolean().default(false),
    retired: p.boolean().default(false),
    status: p.enum(REPOSITORY_STATUS).default('NEVER_LOADED'),
    lastUpdate: p.type(InstantType).$type<Date>().nullable(),
    imageCount: p.integer().default(0),
    error: p.text().nullable(),
    generation: p.integer().default(0),
    etag: p.string().length(1024).nullable(),
    lastModified: p.string().length(128).nullable(),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
  },
});

/**
 * A place to import images from. `generation` says which of its stored images readers see (see RepositoryImage);
 * `retired` rows were removed from the settings and only wait for their images to be deleted in small steps.
 */
export class ImageRepository extends ImageRepositorySchema.class {}
ImageRepositorySchema.setClass(ImageRepository);
