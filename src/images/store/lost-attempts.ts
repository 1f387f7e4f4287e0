import type { SqlEntityManager } from '../../platform/database/database.js';
import { inBatches } from '../../platform/in-batches.js';
import { type AttemptKey, isEarlierAttempt, nameOfKey, parseAttempt } from '../../platform/store/file-key.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { timeOfTask } from '../../tasks/runner/record-task.js';
import { MOST_KEYS, type Owner, ownersOf } from './attempt-owners.js';

/** A younger file of a task that the database does not know is left alone: a clock may be wrong, or a restore be under way. */
const UNKNOWN_AGE_MS = 10 * 60 * 1000;

export interface LostAttemptsWork {
  em: SqlEntityManager;
  store: Pick<FileStore, 'remove' | 'reach' | 'statFile'>;
  /** Called after each batch, with the names of what was removed. */
  onBatch?: (removed: readonly string[]) => Promise<void>;
  signal?: AbortSignal;
}

/**
 * Removes those of the attempts that nobody can want any more: their task has ended, and they are not the file of their image. The attempts
 * must have been listed before, as a task is recorded before it writes. A sealed file of a task that the database does not know stays, unless
 * its image has another one: where a database was restored to an earlier state, it can be imported again from the local repository. Goes on
 * with the others when one cannot be removed, and throws at the end.
 */
export async function removeLostAttempts({ em, store, onBatch, signal }: LostAttemptsWork, attempts: AsyncIterable<AttemptKey>): Promise<void> {
  let fault: unknown = null;
  for await (const keys of inBatches(attempts, MOST_KEYS)) {
    const owners = await ownersOf(em, keys);
    const removed: string[] = [];
    for (const key of keys) {
      if (signal?.aborted) return;
      const name = nameOfKey(key);
      try {
        if (!(await isLost(store, key, owners.get(name)))) continue;
        await store.remove(key);
        removed.push(name);
      } catch (error) {
        fault ??= error;
        // One that cannot be removed does not protect the others, but a store that is away is not asked for each of them.
        await store.reach();
      }
    }
    await onBatch?.(removed);
  }
  if (fault !== null) throw fault;
}

/** The same for what one image has in the store, at the end of a task. What the store refuses now is removed by a later sweep. */
export async function removeLostAttemptsOf(uuid: string, work: LostAttemptsWork & { store: FileStore }): Promise<void> {
  await removeLostAttempts(work, work.store.listAttempts(uuid)).catch(() => undefined);
}

/**
 * Removes what an attempt and the earlier ones of its task have in the store, before the task ends as failed. The caller has made sure that
 * it is the present attempt: no row can name these files then. What the store refuses now is removed by a later sweep.
 */
export async function removeAttemptsUpTo(key: AttemptKey, store: FileStore): Promise<void> {
  try {
    for await (const one of store.listAttempts(key.uuid)) if (one.attempt === key.attempt || isEarlierAttempt(one, key)) await store.remove(one);
  } catch {
    // The store is away, and the task must end all the same.
  }
}

async function isLost(store: LostAttemptsWork['store'], key: AttemptKey, owner: Owner | undefined): Promise<boolean> {
  if (owner === 'nobody') return true;
  if (owner !== 'unknown' && owner !== 'replaced') return false;
  const begun = timeOfTask(parseAttempt(key.attempt)?.taskId ?? '');
  if (begun === null || Date.now() - begun < UNKNOWN_AGE_MS) return false;
  return owner === 'replaced' || (await store.statFile(key)) === null;
}
