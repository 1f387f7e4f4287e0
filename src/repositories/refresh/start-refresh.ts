import type { SqlEntityManager } from '../../platform/database/database.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { transact } from '../../tasks/changes/transact.js';
import { recordWork, type TaskStarter } from '../../tasks/runner/record-task.js';
import type { RunningTask } from '../../tasks/runner/task-run.js';
import type { TaskRunner } from '../../tasks/runner/task-runner.js';
import { ImageRepository } from '../image-repository.entity.js';

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
 * under way. LOADING and the task are written in one transaction, so that neither exists without the other.
 */
export async function startRefresh(
  em: SqlEntityManager,
  { changes, runner }: RefreshTaskServices,
  repository: Pick<ImageRepository, 'id' | 'url'>,
  starter: TaskStarter,
): Promise<string | null> {
  const taskId = await transact(em.fork(), changes, async (tx, announce) => {
    const free = { id: repository.id, retired: false, status: { $ne: 'LOADING' } } as const;
    if ((await tx.nativeUpdate(ImageRepository, free, { status: 'LOADING' })) === 0) return null;
    const instructions: RefreshInstructions = { repositoryId: repository.id };
    const facts = { action: 'REPOSITORY_REFRESH', ...starter, repositoryId: repository.id, detail: { url: redactUrl(repository.url) } } as const;
    const id = await recordWork(tx, facts, { instructions: { ...instructions } }, announce);
    announce({ type: 'repository', repositoryId: repository.id });
    return id;
  });
  if (taskId !== null) runner.enqueue(taskId, 'REPOSITORY_REFRESH', starter.userId);
  return taskId;
}
