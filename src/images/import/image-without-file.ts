import { LockMode } from '@mikro-orm/core';
import type { DatacenterRef, Viewer } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { readImageServer } from '../../datacenters/settings/image-server-state.js';
import type { ManifestFile } from '../../imgapi/manifest.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { alreadyExists, type AppError } from '../../platform/errors.js';
import { recordWork, type TaskStarter } from '../../tasks/runner/record-task.js';
import type { Announce } from '../../tasks/changes/transact.js';
import { notReady } from '../rules/action-rules.js';
import type { CommandOutcome } from '../mutations/run-command.js';
import { announceImage, attachmentsOf } from '../events/image-changes.js';
import { Image } from '../image.entity.js';
import type { ImageQueries } from '../image.queries.js';
import type { ImageType, SelectedImage } from '../image.type.js';
import { demandBase } from './record-import.js';
import { type ImportInstructions, type ImportSource, shownSource } from './source.js';

export interface LookupServices {
  em: SqlEntityManager;
  viewer: Viewer;
  datacenters: DatacenterQueries;
  images: ImageQueries;
}

/** The refusal of an import because the catalogue has its uuid; `image` is null for a viewer who cannot see that image. */
export function inCatalogue(uuid: string, image: Pick<SelectedImage, 'name' | 'access'> | null): AppError {
  if (image === null) return alreadyExists(`An image with the uuid ${uuid} is in the catalogue already.`);
  const known = `The image ${uuid} is in the catalogue already, as ${image.name}`;
  return alreadyExists(image.access === 'DELETED' ? `${known}, whose access is DELETED; set its access to PUBLIC or PRIVATE to use it again.` : `${known}.`);
}

/**
 * The image that has the uuid of an import but no file, if the import may give it one: from the same source, under the same name, by a
 * viewer who may update it. Null when no image has the uuid; every other image is ALREADY_EXISTS.
 */
export async function findWithoutFile(services: LookupServices, uuid: string, source: ImportSource, name: string | null): Promise<ImageType | null> {
  const { em, images } = services;
  const row = await em.fork().findOne(Image, { uuid });
  if (row === null) return null;
  const seen = await images.one(null, uuid);
  if (seen === null || !(await canGetFile(services, row, seen, source))) throw inCatalogue(uuid, seen);
  if (name === null || name === seen.name) return seen;
  throw alreadyExists(`The image ${uuid} is in the catalogue already, as ${seen.name} and without a file; import it under that name to give it one.`);
}

async function canGetFile({ em, viewer, datacenters }: LookupServices, row: Image, seen: ImageType, source: ImportSource): Promise<boolean> {
  const hasFile = row.fileSha1 !== null && row.fileSha1 !== undefined;
  const isSameSource = source.repositoryId === null ? row.manifestUrl === source.manifestUrl : row.repository?.id === source.repositoryId;
  if (hasFile || row.status !== 'OK' || !isSameSource || (await readImageServer(em)) === null) return false;
  const bound = seen.boundDatacenterId === null ? null : await datacenters.byId.load(seen.boundDatacenterId);
  return viewer.can('image.update', { bound }).allowed;
}

/** Sets the image PENDING and records the task that imports its file. If the task fails, the image is as it was before. */
export async function recordFileImport(
  tx: SqlEntityManager,
  given: { uuid: string; file: ManifestFile; source: ImportSource; starter: TaskStarter; admittedTo: DatacenterRef | null; mayWait: boolean },
  announce: Announce,
): Promise<CommandOutcome> {
  const { uuid, file, source, starter, admittedTo } = given;
  const image = await tx.findOneOrFail(Image, { uuid }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (image.status === 'PENDING') throw notReady(image.name);
  if (image.fileSha1) throw inCatalogue(uuid, image);
  const awaited = await demandBase(tx, image, given.mayWait);
  image.status = 'PENDING';
  const attachments = await attachmentsOf(tx, image.id);
  const { size, sha1, compression } = file;
  const facts = {
    action: 'IMAGE_IMPORT' as const,
    ...starter,
    datacenterId: attachments.boundDatacenterId,
    imageId: image.id,
    imageName: image.name,
    repositoryId: source.repositoryId,
    detail: { ...shownSource(source), file: { before: null, after: { size, sha1 } } },
  };
  const instructions: ImportInstructions = { fileUrl: source.fileUrl, isLocal: source.isLocal, repositoryId: source.repositoryId, size, sha1, compression, keepsRow: true, admittedTo, ...awaited };
  const taskId = await recordWork(tx, facts, { instructions: { ...instructions }, bytesTotal: size }, announce);
  announceImage('UPDATED', image, { ...attachments, before: { status: 'OK' } }, announce);
  return { taskId, work: 'IMAGE_IMPORT' };
}
