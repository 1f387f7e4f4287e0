import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import { nameOfKey } from '../../platform/store/file-key.js';
import { type FileStore, FileStoreMissing } from '../../platform/store/file-store.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import type { Failure } from '../../tasks/runner/end-task.js';
import type { RunningTask, TaskRun } from '../../tasks/runner/task-run.js';
import type { TaskPermission } from '../../tasks/runner/task-permission.js';
import type { TaskHandler } from '../../tasks/runner/task-runner.js';
import type { ImageState } from '../../tasks/changes/change.js';
import { type Announce, transact } from '../../tasks/changes/transact.js';
import { lockForBinding } from '../rules/bind-limit.js';
import { ImageAttachment } from '../image-attachment.entity.js';
import { announceImage, attachmentsOf } from '../events/image-changes.js';
import { permission } from '../rules/action-rules.js';
import { Image } from '../image.entity.js';
import { pendingImage } from '../mutations/pending-image.js';
import { storedManifest } from '../manifest/stored-manifest.js';
import { keyOfImage } from '../store/image-key.js';
import { applyUpdatableValues, type UndoUpdate } from './image-values.js';

export interface UpdateImageServices {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
}

/** Writes the new manifest to the image server. Its undo restores every old value, owner and binding included. */
export class UpdateImage implements TaskHandler {
  readonly lane = 'changes';

  constructor(private readonly services: UpdateImageServices) {}

  async permission(em: SqlEntityManager, { imageId, detail }: RunningTask): Promise<TaskPermission | null> {
    const image = await pendingImage(em, { id: imageId });
    const action = 'dcBound' in detail ? 'CHANGE_DC_BOUND' : 'UPDATE';
    return image && ((viewer) => permission(viewer, action, image.bound));
  }

  async run(run: TaskRun): Promise<void> {
    await run.commitToPublish({});
    const image = await this.#writeManifest(run.task.imageId);
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.succeed(tx, announce);
      await settle(tx, image.id, {}, announce);
    });
  }

  /**
   * Writes the manifest of the image as its row is now. The row is read once more afterwards: an attempt that stood still before its write
   * may have overwritten what a later task wrote, and then writes the newer manifest itself.
   */
  async #writeManifest(imageId: number | null): Promise<Image> {
    const { store } = this.services;
    let written = '';
    for (;;) {
      const image = await this.#em().findOneOrFail(Image, imageId ?? 0, { populate: ['tags'] });
      const manifest = storedManifest(image);
      if (manifest === written) return image;
      await store.explainFaults(Buffer.byteLength(manifest), async () => store.writeManifest(keyOfImage(image), manifest)).catch((error: unknown) => {
        if (!(error instanceof FileStoreMissing)) throw error;
        throw new AppError('NO_FILE', `The image store has lost image ${image.name}; place its file there again as ${nameOfKey(keyOfImage(image))}/file, or delete the image.`);
      });
      written = manifest;
    }
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const { undo } = run.task.instructions as unknown as { undo: UndoUpdate };
    const id = run.task.imageId ?? 0;
    await run.requireClaim();
    if (await run.isPublishing()) await this.#restoreManifest(id, undo);
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.lockClaim(tx);
      const image = await tx.findOneOrFail(Image, id, { populate: ['tags'] });
      const { boundDatacenterId } = await attachmentsOf(tx, id);
      const before = { access: image.access, ownerId: image.owner.id, boundDatacenterId };
      const shortfall = await restoreBinding(tx, image, undo.boundDatacenterId);
      const reported = shortfall === null ? failure : { ...failure, message: `${failure.message} ${shortfall}` };
      await run.fail(tx, reported, announce);
      tx.assign(image, { owner: undo.ownerId });
      await applyUpdatableValues(tx, image, undo.shown);
      tx.assign(image, undo.labelKeys);
      await settle(tx, id, before, announce);
    });
  }

  /** Ignores a store that fails: most often the update failed by it too, and it still has the old manifest. */
  async #restoreManifest(id: number, { shown }: UndoUpdate): Promise<void> {
    const image = await this.#em().findOneOrFail(Image, id, { populate: ['tags'] });
    await this.services.store.writeManifest(keyOfImage(image), storedManifest(image, { shown })).catch(() => undefined);
  }

  /** This attempt may have written its manifest over a newer one; that of the present row is right, whoever writes it. */
  async lose({ task: { imageId } }: TaskRun): Promise<void> {
    const image = await this.#em().findOne(Image, { id: imageId ?? 0, fileSha1: { $ne: null } }, { fields: ['id'] });
    if (image !== null) await this.#writeManifest(image.id);
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }
}

/** Ends the work on an image. `before` says what else was different before. */
async function settle(tx: SqlEntityManager, id: number, before: Partial<ImageState>, announce: Announce): Promise<void> {
  const image = await tx.findOneOrFail(Image, id);
  image.status = 'OK';
  announceImage('UPDATED', image, { ...(await attachmentsOf(tx, image.id)), before: { ...before, status: 'PENDING' } }, announce);
}

/** Null, or why the binding could not be restored: the datacenter reached its limit meanwhile, or the image is no longer attached to it. */
async function restoreBinding(tx: SqlEntityManager, image: Image, datacenterId: number | null): Promise<string | null> {
  const { boundDatacenterId, datacenterIds } = await attachmentsOf(tx, image.id);
  if (boundDatacenterId === datacenterId) return null;
  if (datacenterId === null) {
    await tx.nativeUpdate(ImageAttachment, { image: image.id }, { boundImageId: null });
    return null;
  }
  if (!datacenterIds.includes(datacenterId)) return 'The binding did not come back: its datacenter is gone.';
  try {
    await lockForBinding(tx, datacenterId, String(datacenterId));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return `The binding did not come back: ${error.message}`;
  }
  await tx.nativeUpdate(ImageAttachment, { image: image.id, datacenter: datacenterId }, { boundImageId: image.id });
  return null;
}
