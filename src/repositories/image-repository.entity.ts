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
    credentials: p.string().length(1300).nullable(),
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
 * An IMGAPI server to import images from. `generation` says which of its stored entries readers see; see RepositoryImage.
 * `credentials` are the user and password that its URL was configured with, as `user:password`; `url` has none.
 * A `retired` repository was removed from the settings; it is hidden, and deleted in batches.
 */
export class ImageRepository extends ImageRepositorySchema.class {}
ImageRepositorySchema.setClass(ImageRepository);
