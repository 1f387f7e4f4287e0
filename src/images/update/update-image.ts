import type { Database, SqlEntityManager } from '../../platform/database.js';
import type { FileStore } from '../../platform/file-store/file-store.js';
import type { ChangeBus } from '../../tasks/change-bus.js';
import { failTask, succeedTask } from '../../tasks/end-task.js';
import type { Failure, TaskRun } from '../../tasks/task-run.js';
import type { TaskHandler } from '../../tasks/task-runner.js';
import { transact } from '../../tasks/transact.js';
import { announceImage, attachmentsOf } from '../image-changes.js';
import { Image } from '../image.entity.js';
import { storedManifest } from '../stored-manifest.js';
import { applyShownValues, type ShownValues } from './image-values.js';

export interface UpdateWork {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
}

/** Brings the manifest on the image server up to what the row says; its undo brings the old values back. */
export class UpdateImage implements TaskHandler {
  readonly lane = 'files';

  constructor(private readonly work: UpdateWork) {}

  async run(run: TaskRun): Promise<void> {
    const image = await this.#em().findOneOrFail(Image, { name: run.task.imageName ?? '' }, { populate: ['tags'] });
    await run.commitToPublish({});
    await this.work.store.writeManifest(image.uuid, storedManifest(image));
    await this.#settle(run, image.name, null);
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    const { undo } = run.task.instructions as unknown as { undo: ShownValues };
    await this.#settle(run, run.task.imageName ?? '', { failure, undo });
  }

  #em(): SqlEntityManager {
    return this.work.database.em.fork();
  }

  async #settle(run: TaskRun, name: string, failed: { failure: Failure; undo: ShownValues } | null): Promise<void> {
    await transact(this.#em(), this.work.changes, async (tx, announce) => {
      const ended = failed ? await failTask(tx, run.task.id, failed.failure, announce) : await succeedTask(tx, run.task.id, announce);
      if (!ended) return;
      const image = await tx.findOneOrFail(Image, { name }, { populate: ['tags'] });
      if (failed) await applyShownValues(tx, image, failed.undo);
      image.status = 'OK';
      announceImage('UPDATED', image, await attachmentsOf(tx, image.id), announce);
    });
  }
}
