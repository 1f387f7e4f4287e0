import { attemptKey, type AttemptKey, type FileKey } from '../../platform/store/file-key.js';
import type { TaskRun } from '../../tasks/runner/task-run.js';
import type { Image } from '../image.entity.js';

/** The key of the file of an image, by its row. */
export function keyOfImage({ uuid, fileKey }: Pick<Image, 'uuid' | 'fileKey'>): FileKey {
  return { uuid, attempt: fileKey ?? null };
}

/** The key under which a run of a task writes for an image. */
export function keyOfRun(uuid: string, { task }: TaskRun): AttemptKey {
  return attemptKey(uuid, { taskId: task.id, number: task.attempts });
}
