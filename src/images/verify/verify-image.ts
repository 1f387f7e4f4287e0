import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import { type FileKey, nameOfKey } from '../../platform/store/file-key.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import type { Failure } from '../../tasks/runner/end-task.js';
import type { RunningTask, TaskRun } from '../../tasks/runner/task-run.js';
import type { TaskPermission } from '../../tasks/runner/task-permission.js';
import type { TaskHandler } from '../../tasks/runner/task-runner.js';
import { transact } from '../../tasks/changes/transact.js';
import { actionTargetOf } from '../events/image-changes.js';
import { Image } from '../image.entity.js';
import type { FileDigest } from '../import/download/hasher.js';
import { keyOfImage } from '../store/image-key.js';
import { digestStream } from '../import/download/verify.js';

export interface VerifyImageServices {
  database: Database;
  changes: ChangeBus;
  store: FileStore;
}

/** What was recorded when the file was published, stored in `task.instructions`; a type, as an interface is no Record. */
export type VerifyInstructions = { uuid: string; size: number; sha1: string; sha256: string };

/**
 * Hashes the stored file of an image and compares it with what was recorded. It changes nothing, so that the image stays OK meanwhile; an
 * image that is deleted meanwhile ends the task with NOT_FOUND.
 */
export class VerifyImage implements TaskHandler {
  readonly lane = 'changes';

  constructor(private readonly services: VerifyImageServices) {}

  async permission(em: SqlEntityManager, task: RunningTask): Promise<TaskPermission | null> {
    const image = await em.findOne(Image, { uuid: recordedIn(task).uuid });
    if (image === null) return null;
    const { bound } = await actionTargetOf(em, image);
    return (viewer) => viewer.can('image.verify', { bound });
  }

  async run(run: TaskRun): Promise<void> {
    const { store } = this.services;
    const recorded = recordedIn(run.task);
    const { uuid, size } = recorded;
    await run.enter('CHECKING', { done: 0, total: size });
    await store.check();
    const key = await this.#keyOf(uuid);
    const bytes = await store.readFile(key);
    if (bytes === null) {
      await this.#keyOf(uuid);
      throw new AppError('NO_FILE', `The image store has no file of image ${run.task.imageName}; place it there again as ${nameOfKey(key)}/file.`);
    }
    await run.enter('VERIFYING', { done: 0, total: size });
    const onProgress = (done: number): void => void run.progress(done).catch(() => undefined);
    const digest = await store.explainFaults(null, async () => digestStream(bytes, { onProgress, signal: run.signal }));
    await this.#keyOf(uuid);
    requireSame(digest, recorded);
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.succeed(tx, announce, { bytesDone: digest.size, detail: { ...run.task.detail, ...measured(digest) } });
    });
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    await transact(this.#em(), this.services.changes, async (tx, announce) => {
      await run.fail(tx, failure, announce);
    });
  }

  async #keyOf(uuid: string): Promise<FileKey> {
    const image = await this.#em().findOne(Image, { uuid }, { fields: ['uuid', 'fileKey'] });
    if (image === null) throw new AppError('NOT_FOUND', `The image ${uuid} was deleted meanwhile.`);
    return keyOfImage(image);
  }

  #em(): SqlEntityManager {
    return this.services.database.em.fork();
  }
}

function recordedIn({ instructions }: Pick<RunningTask, 'instructions'>): VerifyInstructions {
  // JSON that VerifyService has written.
  return instructions as VerifyInstructions;
}

function measured({ size, sha1, sha256 }: FileDigest): { size: number; sha1: string; sha256: string } {
  return { size, sha1, sha256 };
}

function requireSame(digest: FileDigest, { size, sha1, sha256 }: VerifyInstructions): void {
  if (digest.size !== size) {
    throw new AppError('CHECKSUM_MISMATCH', `The stored file has ${digest.size} bytes, and ${size} were recorded.`, { expectedSize: size, actualSize: digest.size });
  }
  if (digest.sha1 === sha1 && digest.sha256 === sha256) return;
  throw new AppError('CHECKSUM_MISMATCH', `The stored file's sha256 is ${digest.sha256}, and ${sha256} was recorded.`, { expected: sha256, actual: digest.sha256 });
}
