import type { SqlEntityManager } from '../../platform/database/database.js';
import { amongIds, readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { type AttemptKey, nameOfKey, parseAttempt } from '../../platform/store/file-key.js';

/**
 * Whose the file of an attempt is: of an image; of a task that is open; of nobody, as its task has ended. `unknown`: the database has no
 * such task, as it was restored to an earlier state; `replaced` then, if the image of that uuid has another file.
 */
export type Owner = 'image' | 'open task' | 'nobody' | 'unknown' | 'replaced';

/** As many keys as one statement asks for. */
export const MOST_KEYS = 500;

/**
 * The owners of attempts by `nameOfKey`. One statement reads tasks and images at one moment, so that a task which ends meanwhile is not
 * taken for one that left its file behind.
 */
export async function ownersOf(em: SqlEntityManager, keys: readonly AttemptKey[]): Promise<ReadonlyMap<string, Owner>> {
  const taskIds = [...new Set(keys.flatMap(({ attempt }) => parseAttempt(attempt)?.taskId ?? []))];
  const uuids = [...new Set(keys.map(({ uuid }) => uuid))];
  const text = sqlText`select 'task' as kind, t.id as id, case when t.finished_at is null then 'open' else 'ended' end as state
      from task t where ${amongIds(em, 't.id', taskIds)}
    union all select 'image', i.uuid, case when i.file_sha1 is null then '' else coalesce(i.file_key, 'pair') end
      from image i where ${amongIds(em, 'i.uuid', uuids)}`;
  const rows = await readRows<[kind: string, id: string, state: string]>(em, text);
  const states = new Map(rows.map(([kind, id, state]) => [`${kind} ${id}`, state]));
  return new Map(keys.map((key) => [nameOfKey(key), ownerOf(key, states)]));
}

function ownerOf({ uuid, attempt }: AttemptKey, states: ReadonlyMap<string, string>): Owner {
  const image = states.get(`image ${uuid}`) ?? '';
  if (image === attempt) return 'image';
  const task = states.get(`task ${parseAttempt(attempt)?.taskId}`);
  if (task !== undefined) return task === 'open' ? 'open task' : 'nobody';
  return image === '' ? 'unknown' : 'replaced';
}
