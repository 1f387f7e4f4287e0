import type { SqlEntityManager } from '../../platform/database/database.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import { type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { transact } from '../../tasks/changes/transact.js';
import { recordWork, type TaskStarter } from '../../tasks/runner/record-task.js';
import type { RunningTask } from '../../tasks/runner/task-run.js';
import type { TaskRunner } from '../../tasks/runner/task-runner.js';
import type { ImageRepository } from '../image-repository.entity.js';

export interface RefreshTaskServices {
  changes: ChangeBus;
  runner: TaskRunner;
}

/** What a refresh stores in `task.instructions`. */
interface RefreshInstructions {
  repositoryId: number;
}

export function refreshInstructions({ instructions: { repositoryId } }: Pick<RunningTask, 'instructions'>): RefreshInstructions {
  if (typeof repositoryId !== 'number') throw new TypeError('The instructions of a refresh lack repositoryId.');
  return { repositoryId };
}

/**
 * Starts the refresh of a repository, which may have one at a time. Returns the id of its task, or null while another one is
 * under way, or unless `isDue`, a condition on image_repository, is met. LOADING and the task are written in one transaction, so that neither exists without the other.
 */
export async function startRefresh(
  em: SqlEntityManager,
  { changes, runner }: RefreshTaskServices,
  repository: Pick<ImageRepository, 'id' | 'url'>,
  starter: TaskStarter,
  isDue: SqlText = sqlText`true`,
): Promise<string | null> {
  const taskId = await transact(em.fork(), changes, async (tx, announce) => {
    const text = sqlText`update image_repository set status = 'LOADING'
      where id = ${repository.id} and not retired and status <> 'LOADING' and ${isDue}`;
    if ((await writeRows(tx, text)) === 0) return null;
    const instructions: RefreshInstructions = { repositoryId: repository.id };
    const facts = { action: 'REPOSITORY_REFRESH', ...starter, repositoryId: repository.id, detail: { url: redactUrl(repository.url) } } as const;
    const id = await recordWork(tx, facts, { instructions: { ...instructions } }, announce);
    announce({ type: 'repository', repositoryId: repository.id });
    return id;
  });
  if (taskId !== null) runner.enqueue(taskId, 'REPOSITORY_REFRESH', starter.userId);
  return taskId;
}
