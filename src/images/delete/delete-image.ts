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
import { keyOfImage } from '../store/image-key.js';
import { pendingImage } from '../mutations/pending-image.js';

export interface DeleteImageServices {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
}

/** What the deletion of an image stores in `task.instructions`. */
interface DeleteInstructions {
  uuid: string;
  /** Set together with the end of the row: the key of its file. Missing before that, and in tasks of versions that knew only pairs. */
  attempt?: string | null;
}

/**
 * Removes first the row of an image, then its file, and then ends the task. After a kill in between, the open task still removes the
 * file; in the other order, a failure could leave a row without its file. It removes the file of the row that it deleted, under the key
 * that this row had: the uuid may have been imported again meanwhile.
 */
export class DeleteImage implements TaskHandler {
  readonly lane = 'changes';

  constructor(private readonly services: DeleteImageServices) {}

  /** Null once the row is gone: removing the file needs no permission any more. */
  async permission(em: SqlEntityManager, task: RunningTask): Promise<TaskPermission | null> {
    const { uuid } = instructionsOf(task);
    const image = await pendingImage(em, { uuid });
    return image && ((viewer) => viewer.can('image.delete', { bound: image.bound }));
  }

  async run(run: TaskRun): Promise<void> {
    // Before the row goes: the bytes of a store that was unmounted could not be removed.
    await this.services.store.check();
    await run.commitToPublish({});
    await this.#deleteRow(run);
    const { uuid, attempt = null } = await run.latestInstructions<DeleteInstructions>();
    // A pair has the same name for everybody, who may have placed another one by now if this attempt is not the present one.
    await run.requireClaim();
    try {
      await this.services.store.remove({ uuid, attempt });
    } catch (error) {
      throw new MustRunAgain(`The bytes of ${uuid} could not be removed after its row.`, { cause: error });
    }
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.succeed(tx, announce);
    });
  }

  async #deleteRow(run: TaskRun): Promise<void> {
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.lockClaim(tx);
      const image = await tx.findOne(Image, { id: run.task.imageId ?? 0, status: 'PENDING' });
      if (image === null) return;
      await run.authorize(tx);
      await run.remember(tx, { attempt: keyOfImage(image).attempt });
      // Whoever saw it until its deletion began is told that it is gone.
      announceImage('DELETED', image, { ...(await attachmentsOf(tx, image.id)), before: { status: 'OK' } }, announce);
      await tx.nativeDelete(Image, { id: image.id });
      await announceBase(tx, image.origin, announce);
    });
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.fail(tx, failure, announce);
      const image = await tx.findOne(Image, { id: run.task.imageId ?? 0, status: 'PENDING' });
      if (image === null) return;
      image.status = 'OK';
      announceImage('UPDATED', image, { ...(await attachmentsOf(tx, image.id)), before: { status: 'PENDING' } }, announce);
    });
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }
}

function instructionsOf({ instructions }: RunningTask): DeleteInstructions {
  // JSON that DeleteService and `remember` have written.
  return instructions as unknown as DeleteInstructions;
}
