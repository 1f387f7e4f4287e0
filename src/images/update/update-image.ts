import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { type Failure, failTask } from '../../tasks/runner/end-task.js';
import type { RunningTask, TaskRun } from '../../tasks/runner/task-run.js';
import type { TaskPermission } from '../../tasks/runner/task-permission.js';
import type { TaskHandler } from '../../tasks/runner/task-runner.js';
import { type Announce, transact } from '../../tasks/changes/transact.js';
import { lockForBinding } from '../rules/bind-limit.js';
import { ImageAttachment } from '../image-attachment.entity.js';
import { announceImage, attachmentsOf } from '../events/image-changes.js';
import { permission } from '../rules/action-rules.js';
import { Image } from '../image.entity.js';
import { pendingImage } from '../mutations/pending-image.js';
import { storedManifest } from '../manifest/stored-manifest.js';
import { applyUpdatableValues, type UndoUpdate } from './image-values.js';

export interface UpdateServices {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
}

/** Writes the new manifest to the image server. Its undo restores every old value, owner and binding included. */
export class UpdateImage implements TaskHandler {
  readonly lane = 'changes';

  constructor(private readonly services: UpdateServices) {}

  async permission(em: SqlEntityManager, { imageName, detail }: RunningTask): Promise<TaskPermission | null> {
    const image = await pendingImage(em, { name: imageName ?? '' });
    const action = 'dcBound' in detail ? 'CHANGE_DC_BOUND' : 'UPDATE';
    return image && ((viewer) => permission(viewer, action, image.bound));
  }

  async run(run: TaskRun): Promise<void> {
    const image = await this.#em().findOneOrFail(Image, { name: run.task.imageName ?? '' }, { populate: ['tags'] });
    await run.commitToPublish({});
    const manifest = storedManifest(image);
    await this.services.store.explainFull(Buffer.byteLength(manifest), async () => this.services.store.writeManifest(image.uuid, manifest));
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      if (await run.succeed(tx, announce)) await settle(tx, image.name, announce);
    });
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const { undo } = run.task.instructions as unknown as { undo: UndoUpdate };
    const name = run.task.imageName ?? '';
    if (await run.isPublishing()) await this.#restoreManifest(name, undo);
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      const image = await tx.findOneOrFail(Image, { name }, { populate: ['tags'] });
      const shortfall = await restoreBinding(tx, image, undo.boundDatacenterId);
      const reported = shortfall === null ? failure : { ...failure, message: `${failure.message} ${shortfall}` };
      if (!(await failTask(tx, run.task.id, reported, announce))) return;
      tx.assign(image, { owner: undo.ownerId });
      await applyUpdatableValues(tx, image, undo.shown);
      tx.assign(image, undo.labelKeys);
      await settle(tx, name, announce);
    });
  }

  /** Ignores a store that fails: most often the update failed by it too, and it still has the old manifest. */
  async #restoreManifest(name: string, { shown }: UndoUpdate): Promise<void> {
    const image = await this.#em().findOneOrFail(Image, { name }, { populate: ['tags'] });
    await this.services.store.writeManifest(image.uuid, storedManifest(image, { shown })).catch(() => undefined);
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }
}

async function settle(tx: SqlEntityManager, name: string, announce: Announce): Promise<void> {
  const image = await tx.findOneOrFail(Image, { name });
  image.status = 'OK';
  announceImage('UPDATED', image, await attachmentsOf(tx, image.id), announce);
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
