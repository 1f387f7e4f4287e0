import type { SqlEntityManager } from '../../platform/database/database.js';
import { inBatches } from '../../platform/in-batches.js';
import { type AttemptKey, type FileKey, nameOfKey } from '../../platform/store/file-key.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { MOST_KEYS, ownersOf } from './attempt-owners.js';

/**
 * The file that an import from the local repository takes: the pair that was placed by hand, else one that the image store has from before
 * its database was restored to an earlier state. The pair where there is neither.
 */
export async function placedFileOf(em: SqlEntityManager, store: FileStore, uuid: string): Promise<FileKey> {
  const pair = { uuid, attempt: null };
  if ((await store.readManifest(pair)) !== null || (await store.statFile(pair)) !== null) return pair;
  for await (const key of unownedFiles(em, store, store.listAttempts(uuid))) return key;
  return pair;
}

/** Those of the attempts that are sealed, and whose task and image the database does not know. */
export async function* unownedFiles(em: SqlEntityManager, store: FileStore, attempts: AsyncIterable<AttemptKey>): AsyncGenerator<AttemptKey> {
  for await (const keys of inBatches(attempts, MOST_KEYS)) {
    const owners = await ownersOf(em, keys);
    for (const key of keys) if (owners.get(nameOfKey(key)) === 'unknown' && (await store.statFile(key)) !== null) yield key;
  }
}
