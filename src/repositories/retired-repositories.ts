import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { SqlEntityManager } from '../platform/database/database.js';
import { sqlText } from '../platform/database/sql-text.js';
import { writeAtOnce } from '../platform/database/write-rows.js';
import { ImageRepository } from './image-repository.entity.js';

/** Hides a repository and frees its name at once; `purgeRetiredRepositories` deletes it with its stored list. */
export async function retireRepository(tx: SqlEntityManager, repository: ImageRepository): Promise<void> {
  repository.retired = true;
  repository.name = `!${repository.id}`;
  await tx.flush();
}

const ROWS_PER_BATCH = 200;

/**
 * Deletes retired repositories, in batches that never hold the database for long. Images imported from them stay. May be
 * called at any time, and twice at once; `signal` ends it after a batch.
 */
export async function purgeRetiredRepositories(em: SqlEntityManager, signal?: AbortSignal): Promise<void> {
  const retired = await em.find(ImageRepository, { retired: true }, { fields: ['id'] });
  for (const { id } of retired) {
    while ((await deleteBatch(em, id)) > 0) {
      await yieldToEventLoop();
      if (signal?.aborted === true) return;
    }
    await em.nativeDelete(ImageRepository, { id });
  }
}

async function deleteBatch(em: SqlEntityManager, repositoryId: number): Promise<number> {
  return writeAtOnce(em, sqlText`delete from repository_image where id in (
    select id from repository_image where repository_id = ${repositoryId} limit ${ROWS_PER_BATCH})`);
}
