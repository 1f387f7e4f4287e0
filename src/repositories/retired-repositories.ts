import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqlEntityManager } from '../platform/database/database.js';
import { sqlText } from '../platform/database/sql-text.js';
import { writeAtOnce } from '../platform/database/write-rows.js';
import { ImageRepository } from './image-repository.entity.js';

const ROWS_PER_BATCH = 200;

async function dropSome(em: SqlEntityManager, repositoryId: number): Promise<number> {
  return writeAtOnce(em, sqlText`delete from repository_image where id in (
    select id from repository_image where repository_id = ${repositoryId} limit ${ROWS_PER_BATCH})`);
}

/**
 * Deletes repositories that were taken out of the settings, in steps that never hold the database for long. Images that
 * were imported from them stay. Answers how many repositories went; safe to run at any time, also twice at once.
 */
export async function purgeRetiredRepositories(em: SqlEntityManager): Promise<number> {
  const retired = await em.find(ImageRepository, { retired: true }, { fields: ['id'] });
  for (const { id } of retired) {
    while ((await dropSome(em, id)) > 0) await nextTurn();
    await em.nativeDelete(ImageRepository, { id });
  }
  return retired.length;
}
