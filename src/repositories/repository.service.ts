import type { Viewer } from '../access/viewer.js';
import type { SqlEntityManager } from '../platform/database/database.js';
import { AppError, blame } from '../platform/errors.js';
import { Task } from '../tasks/task.entity.js';
import type { TaskQueries } from '../tasks/task.queries.js';
import type { TaskType } from '../tasks/task.type.js';
import type { ImageRepositoryType, RefreshRepositoryPayloadType } from './image-repository.type.js';
import type { RefreshCounts } from './refresh/refresh-repository.js';
import { type RefreshTaskServices, startRefresh } from './refresh/start-refresh.js';
import type { RepositoryQueries } from './repository.queries.js';

export interface RepositoryServices extends RefreshTaskServices {
  em: SqlEntityManager;
  viewer: Viewer;
  repositories: RepositoryQueries;
  tasks: TaskQueries;
}

/** How often `refreshAll` waits for somebody else's refresh of a repository before it leaves that one out. */
const MAX_ATTEMPTS = 3;

/** Refreshes repositories on request, and answers once that is done. */
export class RepositoryService {
  constructor(private readonly services: RepositoryServices) {}

  /** NOT_FOUND, REPOSITORY_BUSY during another refresh of it, or the error of the refresh, which leaves the old list. */
  async refresh(name: string): Promise<RefreshRepositoryPayloadType> {
    const { em, viewer, repositories } = this.services;
    viewer.demand('repository.use');
    const repository = await repositories.require(name);
    const taskId = await startRefresh(em, this.services, repository, viewer.starter);
    if (taskId === null) {
      throw blame(new AppError('REPOSITORY_BUSY', `The repository ${name} is being loaded already; wait until its status is no longer LOADING.`), { name });
    }
    const task = await this.#ended(taskId);
    if (task.status !== 'SUCCEEDED') throw errorOf(task, name);
    return this.#payload(repository, task);
  }

  /**
   * Refreshes all repositories at the same time; one that fails answers with its failed task. Waits for a refresh that is
   * under way already. Leaves out a repository that is busy again and again, or that is removed meanwhile.
   */
  async refreshAll(): Promise<RefreshRepositoryPayloadType[]> {
    this.services.viewer.demand('repository.use');
    const all = await this.services.repositories.all();
    const payloads = await Promise.all(all.map(async (repository) => this.#refreshWhenFree(repository)));
    return payloads.filter((payload) => payload !== null);
  }

  async #refreshWhenFree(repository: ImageRepositoryType): Promise<RefreshRepositoryPayloadType | null> {
    const { em, viewer, runner } = this.services;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const taskId = await startRefresh(em, this.services, repository, viewer.starter);
      if (taskId !== null) return this.#payload(repository, await this.#ended(taskId));
      const underWay = { repository: repository.id, action: 'REPOSITORY_REFRESH', finishedAt: null } as const;
      const other = await em.fork().findOne(Task, underWay, { fields: ['id'] });
      if (other !== null) await runner.ended(other.id);
    }
    return null;
  }

  async #ended(taskId: string): Promise<TaskType> {
    await this.services.runner.ended(taskId);
    return this.services.tasks.require(taskId);
  }

  /** Shows the repository as it is now, or as it was if it has been removed meanwhile. */
  async #payload(before: ImageRepositoryType, task: TaskType): Promise<RefreshRepositoryPayloadType> {
    const repository = (await this.services.repositories.byId.clear(before.id).load(before.id)) ?? before;
    // Written by RefreshRepository; a task that failed has no counts.
    const { added = 0, changed = 0, removed = 0, skippedCount = 0 } = task.detail as Partial<RefreshCounts>;
    return { repository, added, changed, removed, skipped: skippedCount, task };
  }
}

function errorOf(task: TaskType, name: string): Error {
  const message = task.error ?? `The load of the repository ${name} was interrupted; the task ${task.id} says how it goes on.`;
  if (task.errorCode === 'INTERNAL_SERVER_ERROR') return new Error(message);
  const code = task.status === 'FAILED' ? task.errorCode : null;
  return blame(new AppError(code ?? 'REPOSITORY_UNREACHABLE', message), { name });
}
