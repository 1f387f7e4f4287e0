import type { Viewer } from '../../access/viewer.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { AppError } from '../../platform/errors.js';
import { quoteValue } from '../../platform/message-text.js';
import { type KeyedRequest, RequestRepeated, taskOfKey } from '../../tasks/idempotency/idempotency-keys.js';
import type { TaskQueries } from '../../tasks/task.queries.js';
import { TASK_IDS, type TaskType } from '../../tasks/task.type.js';
import type { ImageQueries } from '../image.queries.js';
import type { ImageTaskPayloadType } from '../mutations/image-payload.type.js';

export interface RepeatServices {
  em: Reads;
  viewer: Viewer;
  images: ImageQueries;
  tasks: TaskQueries;
}

const REPEATED = 'This import was asked for before, with the same idempotencyKey: nothing new was made, and the image and the task are those of then.';

/**
 * Runs an import unless its request has made a task before, in whichever process, and then answers with that task and its image. The
 * transaction of `run` must call `demandUnusedKey` and `recordKey`.
 */
export async function onceForKey(services: RepeatServices, request: KeyedRequest | null, run: () => Promise<ImageTaskPayloadType>): Promise<ImageTaskPayloadType> {
  if (request === null) return run();
  const earlier = await taskOfKey(services.em, request);
  if (earlier !== null) return earlierPayload(services, request, earlier);
  try {
    return await run();
  } catch (error) {
    // The same request may have been committed since: then this one met the image of the other, for example.
    if (!(error instanceof AppError) && !(error instanceof RequestRepeated)) throw error;
    const meanwhile = await taskOfKey(services.em, request);
    if (meanwhile === null) throw error;
    return earlierPayload(services, request, meanwhile);
  }
}

async function earlierPayload({ images, tasks }: RepeatServices, request: KeyedRequest, taskId: string): Promise<ImageTaskPayloadType> {
  const task = await tasks.require(taskId);
  const image = task.imageId === null ? null : await images.byId.clear(task.imageId).load(task.imageId);
  if (image === null) throw goneImage(request, task);
  return { image, task, warnings: [REPEATED] };
}

/** The import failed, or the image was deleted since; or the viewer cannot see it any more. */
function goneImage({ key }: KeyedRequest, { id, status, error, imageName }: TaskType): AppError {
  const shownId = TASK_IDS.encode(id);
  const ended = error === null ? `has ${status}.` : `has ${status}: ${error}`;
  const message = `There is no image ${imageName ?? ''} any more that you can see: the import with the idempotencyKey ${quoteValue(key)} made the task ${shownId}, which ${ended} Give another key to import it anew.`;
  return new AppError('NOT_FOUND', message, { task: shownId });
}
