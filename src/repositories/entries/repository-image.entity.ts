import { defineEntity, p } from '@mikro-orm/core';
import { OS_TYPES } from '../../imgapi/os-type.js';
import { BytesType, InstantType } from '../../platform/database/column-types.js';
import { ImageRepository } from '../image-repository.entity.js';

/** `toGeneration` of an entry that no load has taken away. */
export const OPEN_GENERATION = 2_147_483_647;

const RepositoryImageSchema = defineEntity({
  name: 'RepositoryImage',
  tableName: 'repository_image',
  properties: {
    id: p.integer().primary(),
    repository: () => p.manyToOne(ImageRepository).ref().deleteRule('cascade').index(false),
    uuid: p.string().length(36),
    fromGeneration: p.integer(),
    toGeneration: p.integer().default(OPEN_GENERATION),
    name: p.string().length(1024),
    version: p.string().length(512),
    type: p.string().length(64),
    osType: p.enum(OS_TYPES).nullable(),
    description: p.text(),
    homepage: p.string().length(1024).nullable(),
    sizeMib: p.integer(),
    downloadSize: p.type(BytesType).$type<number>(),
    state: p.string().length(32),
    publishedAt: p.type(InstantType).$type<Date>().nullable(),
    publishedSort: p.type(BytesType).$type<number>(),
    origin: p.string().length(36).nullable(),
    problem: p.string().length(32).nullable(),
    contentHash: p.string().length(40),
    searchText: p.text(),
    // SQLite only, whose search index is a table of its own: the entry under whose id the index has the text, so that a changed
    // entry keeps the place of the one before it. Null or 0: its own id. A trigger puts the text there unless it is 0.
    searchId: p.integer().nullable(),
    // Last, as SQLite walks through a long value to reach the columns behind it.
    manifest: p.text(),
  },
  uniques: [{ name: 'repository_image_uuid_unique', properties: ['repository', 'uuid', 'fromGeneration'] }],
  indexes: [
    { name: 'repository_image_published_index', properties: ['repository', 'publishedSort', 'id'] },
    { name: 'repository_image_name_index', properties: ['repository', 'name', 'id'] },
    { name: 'repository_image_size_index', properties: ['repository', 'sizeMib', 'id'] },
    { name: 'repository_image_search_id_index', properties: ['searchId'], where: 'search_id > 0' },
  ],
  checks: [{ name: 'repository_image_generations', expression: 'from_generation <= to_generation' }],
});

/**
 * One entry of a repository's list. A reader sees those with fromGeneration <= repository.generation < toGeneration;
 * a load writes the next generation beside the present one and shows it by raising one number.
 */
export class RepositoryImage extends RepositoryImageSchema.class {}
RepositoryImageSchema.setClass(RepositoryImage);
