import { createHash } from 'node:crypto';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { writeAtOnce, writeRows } from '../../platform/database/write-rows.js';
import { badInput, blame, conflict } from '../../platform/errors.js';
import { quoteValue } from '../../platform/message-text.js';
import { TASK_IDS } from '../task.type.js';

/** How long a key answers with the task that it made. */
export const KEY_LIFE_MS = 24 * 60 * 60 * 1000;

/** A request that a user may send again. */
export interface KeyedRequest {
  userId: number;
  key: string;
  inputHash: string;
}

/** Fields of an input that do not make it another one. */
interface KeyedInput {
  idempotencyKey?: string | null;
  dryRun?: boolean | null;
}

/** JSON with the keys of objects in order, and without those whose value is null: an input means the same without them. */
function canonicalJson(value: unknown): string {
  if (value instanceof Date || typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const entries = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => `${JSON.stringify(name)}:${canonicalJson(one)}`).join()}}`;
}

/** The keyed request of an input; null for one without a key. BAD_USER_INPUT for an empty key. */
export function keyedRequest(userId: number, { idempotencyKey: key, dryRun: _dryRun, ...input }: KeyedInput): KeyedRequest | null {
  if (key === null || key === undefined) return null;
  if (key === '') throw badInput([{ path: 'idempotencyKey', code: 'REQUIRED', message: 'The key is empty; give 1 to 200 characters, or leave it out.' }]);
  return { userId, key, inputHash: createHash('sha256').update(canonicalJson(input)).digest('hex') };
}

/** The id of the task that a request made before, null when it made none. CONFLICT when its key was used for another input. */
export async function taskOfKey(em: Reads, { userId, key, inputHash }: KeyedRequest, now: number = Date.now()): Promise<string | null> {
  const text = sqlText`select q.input_hash, q.created_at, t.id, t.image_name from idempotency_key q join task t on t.id = q.task_id
    where q.user_id = ${userId} and q.request_key = ${key} and q.created_at > ${now - KEY_LIFE_MS}`;
  const [row] = await readRows<[inputHash: string, createdAt: number | string, taskId: string, imageName: string | null]>(em, text);
  if (row === undefined) return null;
  const [storedHash, createdAt, taskId, imageName] = row;
  if (storedHash === inputHash) return taskId;
  const shownId = TASK_IDS.encode(taskId);
  const since = new Date(Number(createdAt)).toISOString();
  const message = `The idempotencyKey ${quoteValue(key)} was used at ${since} for another input, which made the task ${shownId} of image ${imageName ?? ''}; send that input again, or give another key.`;
  throw blame(conflict(message, { task: shownId, image: imageName }), { idempotencyKey: key });
}

/** Thrown in the transaction of a request whose key has made a task meanwhile. */
export class RequestRepeated extends Error {}

/** Throws RequestRepeated or CONFLICT when the key has made a task: for the beginning of the transaction that makes one. */
export async function demandUnusedKey(tx: SqlEntityManager, request: KeyedRequest): Promise<void> {
  if ((await taskOfKey(tx, request)) !== null) throw new RequestRepeated('The request was sent twice.');
}

/**
 * Records the task of a request, in the transaction that makes the task. Of two such transactions at once, the primary key lets one commit;
 * the other runs again and finds the key used.
 */
export async function recordKey(tx: SqlEntityManager, { userId, key, inputHash }: KeyedRequest, taskId: string, now: number = Date.now()): Promise<void> {
  await writeRows(tx, sqlText`delete from idempotency_key where user_id = ${userId} and request_key = ${key} and created_at <= ${now - KEY_LIFE_MS}`);
  await writeRows(tx, sqlText`insert into idempotency_key (user_id, request_key, input_hash, task_id, created_at) values (${userId}, ${key}, ${inputHash}, ${taskId}, ${now})`);
}

/** Deletes the keys whose time is over; returns how many there were. */
export async function deleteOldKeys(em: SqlEntityManager, now: number = Date.now()): Promise<number> {
  return writeAtOnce(em, sqlText`delete from idempotency_key where created_at <= ${now - KEY_LIFE_MS}`);
}
