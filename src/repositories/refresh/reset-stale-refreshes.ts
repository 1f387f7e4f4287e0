import type { SqlEntityManager } from '../../platform/database/database.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { writeAtOnce } from '../../platform/database/write-rows.js';

/** How a repository stood before a load that came to nothing, told by what a load leaves as it was. */
export const STATUS_BEFORE_REFRESH = sqlText`case when error is not null then 'FAILED' when last_update is not null then 'OK' else 'NEVER_LOADED' end`;

/** Frees repositories that are LOADING with no load behind them; to be called at the start, before tasks are taken up. */
export async function resetStaleRefreshes(em: SqlEntityManager): Promise<void> {
  await writeAtOnce(em, sqlText`update image_repository set status = ${STATUS_BEFORE_REFRESH} where status = 'LOADING' and not exists (
    select 1 from task t where t.repository_id = image_repository.id and t.action = 'REPOSITORY_REFRESH' and t.finished_at is null
  )`);
}
