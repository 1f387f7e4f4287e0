import type { SqlEntityManager } from '../../platform/database/database.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { writeAtOnce } from '../../platform/database/write-rows.js';

/** The status of a repository before a refresh that had no effect; a refresh leaves these two columns alone until it ends. */
export const STATUS_BEFORE_REFRESH = sqlText`case when error is not null then 'FAILED' when last_update is not null then 'OK' else 'NEVER_LOADED' end`;

/** Resets repositories that are LOADING although no refresh is left; call it at the start, before tasks are resumed. */
export async function resetStaleRefreshes(em: SqlEntityManager): Promise<void> {
  await writeAtOnce(em, sqlText`update image_repository set status = ${STATUS_BEFORE_REFRESH} where status = 'LOADING' and not exists (
    select 1 from task t where t.repository_id = image_repository.id and t.action = 'REPOSITORY_REFRESH' and t.finished_at is null
  )`);
}
