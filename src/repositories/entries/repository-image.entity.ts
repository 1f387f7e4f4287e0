import { defineEntity, p } from '@mikro-orm/core';
import { OS_TYPES } from '../../imgapi/os-type.js';
import { BytesType, InstantType } from '../../platform/database/column-types.js';
import { ImageRepository } from '../image-repository.entity.js';

/** `toGeneration` of an entry that no refresh has closed. */
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
    // For SQLite only, whose search index is a separate table: the id under which the index has the text. A changed entry with
    // the same text shares the id of the entry before it. Null or 0: its own id. A trigger indexes the text unless this is 0.
    searchId: p.integer().nullable(),
    // Last, as SQLite reads through a long value to reach the columns behind it.
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
 * One entry of a repository's list. Readers see entries with fromGeneration <= repository.generation < toGeneration; a
 * refresh writes the next generation beside the current one, and shows it by raising that one number.
 */
export class RepositoryImage extends RepositoryImageSchema.class {}
RepositoryImageSchema.setClass(RepositoryImage);
