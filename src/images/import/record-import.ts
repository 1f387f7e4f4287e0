import type { DatacenterRef } from '../../access/viewer.js';
import type { ManifestFile } from '../../imgapi/manifest.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { blaming } from '../../platform/errors.js';
import { recordDone, recordWork, type TaskFacts, type TaskStarter } from '../../tasks/runner/record-task.js';
import type { Announce } from '../../tasks/changes/transact.js';
import { lockBase } from '../bases/base-rules.js';
import { lockForBinding, requireRoom } from '../rules/bind-limit.js';
import type { CommandOutcome } from '../mutations/run-command.js';
import { announceBase, announceImage } from '../events/image-changes.js';
import type { Image } from '../image.entity.js';
import { type NewImageRow, insertImage, DRY_RUN_IMAGE_ID, requireFreeName } from '../mutations/insert-image.js';
import { missingOrigin, requireReady } from './origins/missing-origin.js';
import { type ImportInstructions, type ImportSource, shownSource } from './source.js';

/** A new image, and what its import needs besides the row. */
export interface NewImage extends Omit<NewImageRow, 'id' | 'status' | 'repository' | 'manifestUrl' | 'sourceSnapshot'> {
  tags: readonly string[];
  file: ManifestFile;
}

export interface ImportRecord {
  image: NewImage;
  datacenter: DatacenterRef | null;
  source: ImportSource;
  /** False without an image server: the image is OK at once and has no file. */
  withFile: boolean;
  dryRun: boolean;
  starter: TaskStarter;
  /** Tells the images of one dry run apart. */
  dryRunNumber?: number;
  /** Whether the import may wait for that of its base. */
  mayWait: boolean;
}

/** Throws when the name or the label of a new image is taken, or the limit of its datacenter is reached. Changes nothing. */
export async function requireAdmissible(em: SqlEntityManager, image: NewImage, datacenter: DatacenterRef | null): Promise<void> {
  await requireFreeName(em, image);
  await requireRoomFor(em, datacenter, 1);
}

/** Throws IMAGE_LIMIT_REACHED when so many new images cannot be bound to the datacenter; null binds them to none. */
export async function requireRoomFor(em: SqlEntityManager, datacenter: DatacenterRef | null, images: number): Promise<void> {
  if (datacenter === null || images === 0) return;
  await blaming({ datacenter: datacenter.name }, async () => requireRoom(em, datacenter, images));
}

async function writeImage(tx: SqlEntityManager, record: ImportRecord): Promise<Image> {
  const { image, datacenter, source, withFile, dryRun } = record;
  const { tags, file: _file, ...fields } = image;
  const values = {
    ...fields,
    ...(dryRun && { id: DRY_RUN_IMAGE_ID - (record.dryRunNumber ?? 0) }),
    status: withFile ? ('PENDING' as const) : ('OK' as const),
    repository: source.repositoryId,
    manifestUrl: source.repositoryId === null ? source.manifestUrl : null,
  };
  return insertImage(tx, values, tags, datacenter?.id ?? null);
}

/** Locks the base of an image, so that it cannot be deleted before the image is there; the task to wait for, if any. MISSING_ORIGIN when it is gone, or not ready. */
export async function demandBase(tx: SqlEntityManager, { uuid, origin }: { uuid: string; origin?: string | null }, mayWait: boolean): Promise<{ originTaskId?: string }> {
  if (origin === undefined || origin === null) return {};
  const base = await lockBase(tx, origin);
  if (base === null) throw missingOrigin(uuid, origin, null);
  requireReady(base, uuid, origin, mayWait);
  return base.state === 'COMING' && base.taskId !== null ? { originTaskId: base.taskId } : {};
}

/** Writes the image, its binding and its task. Checks every rule again within the transaction. */
export async function recordImport(tx: SqlEntityManager, record: ImportRecord, announce: Announce): Promise<CommandOutcome> {
  const { image, datacenter, source } = record;
  const awaited = await demandBase(tx, image, record.mayWait);
  if (datacenter !== null) await lockForBinding(tx, datacenter.id, datacenter.name);
  await requireFreeName(tx, image);
  const row = await writeImage(tx, record);
  const facts: TaskFacts & TaskStarter = {
    action: 'IMAGE_IMPORT',
    ...record.starter,
    datacenterId: datacenter?.id ?? null,
    imageId: row.id,
    imageName: image.name,
    repositoryId: source.repositoryId,
    detail: { ...shownSource(source), dcBound: datacenter !== null },
  };
  const { sha1, size, compression } = image.file;
  const instructions: ImportInstructions = { fileUrl: source.fileUrl, isLocal: source.isLocal, repositoryId: source.repositoryId, size, sha1, compression, ...awaited };
  const taskId = record.withFile
    ? await recordWork(tx, facts, { instructions: { ...instructions }, bytesTotal: size }, announce)
    : await recordDone(tx, facts, announce);
  announceImage('CREATED', row, { datacenterIds: datacenter ? [datacenter.id] : [], boundDatacenterId: datacenter?.id ?? null, before: null }, announce);
  await announceBase(tx, image.origin, announce);
  return { taskId, work: record.withFile ? 'IMAGE_IMPORT' : null };
}
