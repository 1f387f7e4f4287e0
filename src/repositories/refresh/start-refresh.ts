import type { SqlEntityManager } from '../../platform/database/database.js';
import { shownUrl } from '../../platform/fetch/shown-url.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { recordWork } from '../../tasks/runner/record-task.js';
import type { TaskRunner } from '../../tasks/runner/task-runner.js';
import { transact } from '../../tasks/changes/transact.js';
import { ImageRepository } from '../image-repository.entity.js';

export interface RefreshTaskServices {
  changes: ChangeBus;
  runner: TaskRunner;
}

/** What the worker keeps of a load, in `task.instructions`. */
export interface RefreshInstructions {
  repositoryId: number;
}

/**
 * Begins the one load that a repository may have at a time; the id of its task, or null while another one goes on.
 * LOADING and the task are written together, so that neither can be left without the other.
 */
export async function startRefresh(
  em: SqlEntityManager,
  { changes, runner }: RefreshTaskServices,
  repository: { id: number; url: string },
  userId: number,
): Promise<string | null> {
  const taskId = await transact(em.fork(), changes, async (tx, announce) => {
    const free = { id: repository.id, retired: false, status: { $ne: 'LOADING' } } as const;
    if ((await tx.nativeUpdate(ImageRepository, free, { status: 'LOADING' })) === 0) return null;
    const instructions: RefreshInstructions = { repositoryId: repository.id };
    const facts = { action: 'REPOSITORY_REFRESH', userId, repositoryId: repository.id, detail: { url: shownUrl(repository.url) } } as const;
    const id = await recordWork(tx, facts, { instructions: { ...instructions } }, announce);
    announce({ type: 'repository', repositoryId: repository.id });
    return id;
  });
  if (taskId !== null) runner.enqueue(taskId, 'REPOSITORY_REFRESH');
  return taskId;
}
