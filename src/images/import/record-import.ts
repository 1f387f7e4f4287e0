import type { DatacenterRef } from '../../access/viewer.js';
import { Datacenter } from '../../datacenters/datacenter.entity.js';
import type { OsType } from '../../imgapi/os-type.js';
import type { ManifestFile } from '../../imgapi/manifest.js';
import type { SqlEntityManager } from '../../platform/database.js';
import { alreadyExists } from '../../platform/errors.js';
import { recordDone, recordWork, type TaskFacts } from '../../tasks/record-task.js';
import type { Announce } from '../../tasks/transact.js';
import { lockForBinding, requireRoom } from '../bind-limit.js';
import { type Outcome, REHEARSED_ID } from '../carry-out.js';
import { ImageAttachment } from '../image-attachment.entity.js';
import { announceImage } from '../image-changes.js';
import type { ImageAccess } from '../image.enums.js';
import { Image } from '../image.entity.js';
import { aliasKeyOf, searchTextOf } from '../image-rules.js';
import { ImageTag } from '../image-tag.entity.js';
import type { ImportInstructions, ImportSource } from './source.js';

export interface NewImage {
  uuid: string;
  name: string;
  alias: string;
  version: string;
  access: ImageAccess;
  ownerId: number;
  description: string;
  sizeMib: number;
  osType: OsType;
  resize: boolean;
  deploy: boolean;
  tags: readonly string[];
  homepage: string | null;
  manifest: string;
  origin?: string;
  file: ManifestFile;
}

export interface ImportRecord {
  image: NewImage;
  datacenter: DatacenterRef | null;
  source: ImportSource;
  /** False without an image server: the image is OK at once and has no file. */
  withFile: boolean;
  dryRun: boolean;
  userId: number;
}

/** Everything that the catalogue may hold against a new image, before anything changes: the name, the label, the limit. */
export async function requireAdmissible(em: SqlEntityManager, image: NewImage, datacenter: DatacenterRef | null): Promise<void> {
  await requireFree(em, image);
  if (datacenter !== null) await requireRoom(em, await em.findOneOrFail(Datacenter, datacenter.id));
}

async function requireFree(tx: SqlEntityManager, image: NewImage): Promise<void> {
  const named = await tx.findOne(Image, { name: image.name }, { fields: ['id'] });
  if (named !== null) throw alreadyExists(`The name ${image.name} is taken by another image; names are unique.`);
  const labelled = await tx.findOne(Image, { aliasKey: aliasKeyOf(image.alias), version: image.version }, { fields: ['id'] });
  if (labelled !== null) {
    throw alreadyExists(`Another image has the alias ${image.alias} and the version ${image.version}; the two together are unique.`);
  }
}

async function insertImage(tx: SqlEntityManager, record: ImportRecord): Promise<Image> {
  const { image, datacenter, source, withFile, dryRun } = record;
  const { ownerId, tags, origin: _origin, file: _file, ...fields } = image;
  const row = tx.create(Image, {
    ...(dryRun && { id: REHEARSED_ID }),
    ...fields,
    owner: ownerId,
    aliasKey: aliasKeyOf(image.alias),
    searchText: searchTextOf(image.name, image.alias, image.description),
    status: withFile ? 'PENDING' : 'OK',
    repository: source.repositoryId,
    manifestUrl: source.repositoryId === null ? source.manifestUrl : null,
  });
  tags.forEach((tag, position) => tx.create(ImageTag, { image: row, tag, position }));
  await tx.persist(row).flush();
  if (datacenter !== null) {
    tx.persist(tx.create(ImageAttachment, { image: row, datacenter: datacenter.id, boundImageId: row.id }));
  }
  return row;
}

/** Writes the image, its binding and its task, with every rule checked again where it counts. */
export async function recordImport(tx: SqlEntityManager, record: ImportRecord, announce: Announce): Promise<Outcome> {
  const { image, datacenter, source } = record;
  if (datacenter !== null) await lockForBinding(tx, datacenter.id, datacenter.name);
  await requireFree(tx, image);
  const row = await insertImage(tx, record);
  const facts: TaskFacts = {
    action: 'IMAGE_IMPORT',
    userId: record.userId,
    datacenterId: datacenter?.id ?? null,
    imageId: row.id,
    imageName: image.name,
    repositoryId: source.repositoryId,
    detail: { manifestUrl: source.manifestUrl, fileUrl: source.fileUrl, dcBound: datacenter !== null },
  };
  const { sha1, size, compression } = image.file;
  const instructions: ImportInstructions = { fileUrl: source.fileUrl, isLocal: source.isLocal, size, sha1, compression };
  const task = record.withFile
    ? recordWork(tx, facts, { instructions: { ...instructions }, bytesTotal: size }, announce)
    : recordDone(tx, facts, announce);
  announceImage('CREATED', row, { datacenterIds: datacenter ? [datacenter.id] : [], boundDatacenterId: datacenter?.id ?? null }, announce);
  return { taskId: task.id, work: record.withFile ? 'IMAGE_IMPORT' : null };
}
