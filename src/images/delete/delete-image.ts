import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import type { Failure } from '../../tasks/runner/end-task.js';
import type { RunningTask, TaskRun } from '../../tasks/runner/task-run.js';
import type { TaskPermission } from '../../tasks/runner/task-permission.js';
import { MustRunAgain, type TaskHandler } from '../../tasks/runner/task-runner.js';
import { transact } from '../../tasks/changes/transact.js';
import { announceBase, announceImage, attachmentsOf } from '../events/image-changes.js';
import { Image } from '../image.entity.js';
import { pendingImage } from '../mutations/pending-image.js';

export interface DeleteImageServices {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
}

/**
 * Removes first the row of an image, then its file, and then ends the task. After a kill in between, the open task still removes the
 * file; in the other order, a failure could leave a row without its file.
 */
export class DeleteImage implements TaskHandler {
  readonly lane = 'changes';

  constructor(private readonly services: DeleteImageServices) {}

  /** Null once the row is gone: removing the file needs no permission any more. */
  async permission(em: SqlEntityManager, task: RunningTask): Promise<TaskPermission | null> {
    const { uuid } = task.instructions as { uuid: string };
    const image = await pendingImage(em, { uuid });
    return image && ((viewer) => viewer.can('image.delete', { bound: image.bound }));
  }

  async run(run: TaskRun): Promise<void> {
    const { uuid } = run.task.instructions as { uuid: string };
    // Before the row goes: the bytes of a store that was unmounted could not be removed.
    await this.services.store.check();
    await run.commitToPublish({});
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.requireClaim(tx);
      const image = await tx.findOne(Image, { id: run.task.imageId ?? 0, status: 'PENDING' });
      if (image === null) return;
      await run.authorize(tx);
      announceImage('DELETED', image, await attachmentsOf(tx, image.id), announce);
      await tx.nativeDelete(Image, { id: image.id });
      await announceBase(tx, image.origin, announce);
    });
    try {
      await this.services.store.remove(uuid);
    } catch (error) {
      throw new MustRunAgain(`The bytes of ${uuid} could not be removed after its row.`, { cause: error });
    }
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.succeed(tx, announce);
    });
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.fail(tx, failure, announce);
      const image = await tx.findOne(Image, { id: run.task.imageId ?? 0, status: 'PENDING' });
      if (image === null) return;
      image.status = 'OK';
      announceImage('UPDATED', image, await attachmentsOf(tx, image.id), announce);
    });
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }
}
