import { badInput } from '../errors.js';
import { quoteValue } from '../message-text.js';

/** Names one file of the store, with its manifest. Which of the files under a uuid is the image, its row says. */
export interface FileKey {
  /** In lower case. */
  uuid: string;
  /**
   * The attempt that brought it, as `<task id>-<number of the attempt>`. Null: the pair `<uuid>/manifest` and `<uuid>/file`, which was placed
   * by hand or by a version that knew no other layout.
   */
  attempt: string | null;
}

/** Names what one attempt of one task wrote. */
export interface AttemptKey extends FileKey {
  attempt: string;
}

/** An attempt by the id of its task and its number, from 1 on. */
export interface TaskAttempt {
  taskId: string;
  number: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TASK_ID_LENGTH = 36;
/** Ten digits, as the column of a task row has. */
const ATTEMPT_NUMBER = /^-(0|[1-9]\d{0,9})$/;

/** The key of what an attempt of a task writes for an image. */
export function attemptKey(uuid: string, { taskId, number }: TaskAttempt): AttemptKey {
  return { uuid, attempt: `${taskId}-${number}` };
}

/** Reads the `attempt` of a key; null when the text is none. */
export function parseAttempt(text: string): TaskAttempt | null {
  const taskId = text.slice(0, TASK_ID_LENGTH);
  const match = ATTEMPT_NUMBER.exec(text.slice(TASK_ID_LENGTH));
  return match === null || !isUuid(taskId) ? null : { taskId, number: Number(match[1]) };
}

/** Whether one is an earlier attempt of the same task than another. */
export function isEarlierAttempt(one: AttemptKey, other: AttemptKey): boolean {
  const [first, second] = [parseAttempt(one.attempt), parseAttempt(other.attempt)];
  return first !== null && second !== null && first.taskId === second.taskId && first.number < second.number;
}

/** The name of a key, which is where it is below the root of the store: `<uuid>` for a pair, else `<uuid>/<task id>-<number>`. */
export function nameOfKey({ uuid, attempt }: FileKey): string {
  return attempt === null ? uuid : `${uuid}/${attempt}`;
}

/** Whether a name in the store is that of an image: a lower-case uuid. */
export function isUuid(name: string): boolean {
  return UUID.test(name);
}

/** Throws BAD_USER_INPUT unless the key can be part of a path or of an object's name. */
export function demandKey(key: FileKey): void {
  if (!isUuid(key.uuid)) throw badInput([{ path: 'uuid', code: 'INVALID_FORMAT', message: `${quoteValue(key.uuid)} is not a uuid; 8-4-4-4-12 lower-case hexadecimal digits are accepted.` }]);
  if (key.attempt === null || parseAttempt(key.attempt) !== null) return;
  throw badInput([{ path: 'attempt', code: 'INVALID_FORMAT', message: `${quoteValue(key.attempt)} is no attempt of a task; the id of a task, a hyphen and a decimal number are accepted.` }]);
}
