import { defineEntity, p } from '@mikro-orm/core';
import { User } from '../access/people/user.entity.js';
import { BytesType, InstantType } from '../platform/database/column-types.js';
import { OS_TYPES } from '../imgapi/os-type.js';
import { comparisonKey } from '../platform/display-text.js';
import { ImageRepository } from '../repositories/image-repository.entity.js';
import { Snapshot } from '../virtual-servers/snapshots/snapshot.entity.js';
import type { FileFormat } from './file-kind/signatures.js';
import { ImageAttachment } from './image-attachment.entity.js';
import { ImageTag } from './image-tag.entity.js';

export const IMAGE_ACCESS = ['PUBLIC', 'PRIVATE', 'DELETED'] as const;
export const IMAGE_STATUS = ['OK', 'PENDING'] as const;

const ImageSchema = defineEntity({
  name: 'Image',
  tableName: 'image',
  properties: {
    id: p.integer().primary(),
    uuid: p.string().length(36).unique(),
    name: p.string().length(32).unique(),
    nameKey: p.text().nullable().unique().onCreate((row) => comparisonKey(row.name)),
    alias: p.string().length(32),
    // What names look like, see `comparisonKey`: it may be much longer than they are. Of rows that looked the same before there were such
    // columns, the later ones end with their id, as in `debian<7>`.
    aliasKey: p.text(),
    version: p.string().length(16),
    versionKey: p.text().nullable(),
    access: p.enum(IMAGE_ACCESS).default('PRIVATE'),
    owner: () => p.manyToOne(User).ref().deleteRule('no action').index(),
    // Denormalized, so that lists are in the order of owners from an index. A trigger of the database writes it; usernames never change.
    ownerName: p.string().length(64).default(''),
    sizeMib: p.integer(),
    osType: p.enum(OS_TYPES),
    status: p.enum(IMAGE_STATUS).default('OK'),
    resize: p.boolean().default(false),
    deploy: p.boolean().default(false),
    description: p.string().length(128).default(''),
    homepage: p.string().length(1024).nullable(),
    searchText: p.text(),
    fileSize: p.type(BytesType).$type<number>().nullable(),
    fileSha1: p.string().length(40).nullable(),
    fileSha256: p.string().length(64).nullable(),
    fileMd5: p.string().length(32).nullable(),
    fileCompression: p.string().length(16).nullable(),
    // Null: the file is older than the column.
    fileFormat: p.string().length(16).$type<FileFormat>().nullable(),
    // The `attempt` of its FileKey in the image store; null as well where there is no file.
    fileKey: p.string().length(48).nullable(),
    repository: () => p.manyToOne(ImageRepository).ref().nullable().deleteRule('set null').index(),
    manifestUrl: p.string().length(1100).nullable(),
    sourceSnapshot: () => p.manyToOne(Snapshot).ref().nullable().deleteRule('set null').index(),
    attachments: () => p.oneToMany(ImageAttachment).mappedBy('image'),
    tags: () => p.oneToMany(ImageTag).mappedBy('image').orphanRemoval().orderBy({ position: 'asc' }),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
    updatedAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
    // Denormalized, so that a list reads one row per image: the attachments as `1,-7`, with a minus for the binding, and the tags as
    // JSON. Triggers of the database write both.
    places: p.text().default(''),
    tagList: p.text().default('[]'),
    // The date in the manifest, else createdAt. A trigger fills it in for rows that other programs write, and leaves null where it cannot read the date.
    publishedAt: p.type(InstantType).$type<Date>().nullable(),
    // The uuid in the manifest of the image that this one builds on. No foreign key: the base of an old row may be missing.
    origin: p.string().length(36).nullable(),
    // Whether a disk of any server refers to it. Triggers of the database on the disks write it.
    inUse: p.boolean().default(false),
    // The last column, because SQLite reads through a long value to reach the columns behind it.
    manifest: p.text().default('{}'),
  },
  uniques: [
    // For rows that other programs write, which may have no key of the version.
    { name: 'image_alias_version_unique', properties: ['aliasKey', 'version'] },
    { name: 'image_label_unique', properties: ['aliasKey', 'versionKey'] },
  ],
  indexes: [
    { name: 'image_created_at_index', properties: ['createdAt', 'id'] },
    { name: 'image_alias_index', properties: ['alias', 'id'] },
    { name: 'image_size_index', properties: ['sizeMib', 'id'] },
    { name: 'image_access_index', properties: ['access'] },
    { name: 'image_published_index', properties: ['publishedAt', 'uuid'] },
    { name: 'image_access_published_index', properties: ['access', 'publishedAt', 'uuid'] },
    { name: 'image_os_type_index', properties: ['osType', 'id'] },
    { name: 'image_status_index', properties: ['status', 'id'] },
    { name: 'image_version_index', properties: ['version', 'id'] },
    { name: 'image_owner_name_index', properties: ['ownerName', 'id'] },
    { name: 'image_updated_at_index', properties: ['updatedAt', 'id'] },
    { name: 'image_in_use_index', properties: ['inUse'] },
    { name: 'image_without_key_index', properties: ['id'], where: 'version_key is null' },
    { name: 'image_origin_index', properties: ['origin', 'name', 'id'] },
  ],
  checks: [
    { name: 'image_name_not_empty', expression: "name <> ''" },
    { name: 'image_size_positive', expression: 'size_mib > 0' },
    {
      name: 'image_file_whole_or_absent',
      expression:
        '(file_size is null and file_sha1 is null and file_sha256 is null and file_compression is null) or ' +
        '(file_size > 0 and file_sha1 is not null and file_sha256 is not null and file_compression is not null)',
    },
  ],
});

/** A template for virtual disks. The image server has its file under the uuid; `file*` is null when there is no file. */
export class Image extends ImageSchema.class {}
ImageSchema.setClass(Image);
