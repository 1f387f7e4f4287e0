import type { Viewer } from '../access/viewer.js';
import type { SqlEntityManager } from '../platform/database/database.js';
import { AppError, type ErrorCode } from '../platform/errors.js';
import { Task } from '../tasks/task.entity.js';
import type { TaskQueries } from '../tasks/task.queries.js';
import type { TaskType } from '../tasks/task.type.js';
import type { ImageRepositoryType, RefreshRepositoryPayloadType } from './image-repository.type.js';
import type { RepositoryQueries } from './repository.queries.js';
import { type RefreshTaskServices, startRefresh } from './refresh/start-refresh.js';

export interface RepositoryServiceServices extends RefreshTaskServices {
  em: SqlEntityManager;
  viewer: Viewer;
  repositories: RepositoryQueries;
  tasks: TaskQueries;
}

/** How often a load of all repositories lets somebody else's load of the same one pass before it gives that one up. */
const MAX_ATTEMPTS = 3;

/** Loads lists on request, and answers once that is done. */
export class RepositoryService {
  constructor(private readonly services: RepositoryServiceServices) {}

  /** NOT_FOUND, REPOSITORY_BUSY while another load goes on, or the error that ended the load; the old list then stays. */
  async refresh(name: string): Promise<RefreshRepositoryPayloadType> {
    const { em, viewer, repositories } = this.services;
    viewer.demand('repository.use');
    const repository = await repositories.require(name);
    const taskId = await startRefresh(em, this.services, repository, viewer.userId);
    if (taskId === null) {
      throw new AppError('REPOSITORY_BUSY', `The repository ${name} is being loaded already; wait until its status is no longer LOADING.`);
    }
    const task = await this.#ended(taskId);
    if (task.status !== 'SUCCEEDED') throw refusal(task, name);
    return this.#payload(repository, task);
  }

  /**
   * Loads every repository, side by side; one that fails answers with its failed task. A load that goes on already is
   * waited for; a repository that is busy again and again, or that is removed meanwhile, is left out.
   */
  async refreshAll(): Promise<RefreshRepositoryPayloadType[]> {
    this.services.viewer.demand('repository.use');
    const all = await this.services.repositories.all();
    const payloads = await Promise.all(all.map(async (repository) => this.#refreshInTurn(repository)));
    return payloads.filter((payload) => payload !== null);
  }

  async #refreshInTurn(repository: ImageRepositoryType): Promise<RefreshRepositoryPayloadType | null> {
    const { em, viewer, runner } = this.services;
    for (let turn = 1; turn <= MAX_ATTEMPTS; turn += 1) {
      const taskId = await startRefresh(em, this.services, repository, viewer.userId);
      if (taskId !== null) return this.#payload(repository, await this.#ended(taskId));
      const running = { repository: repository.id, action: 'REPOSITORY_REFRESH', finishedAt: null } as const;
      const other = await em.fork().findOne(Task, running, { fields: ['id'] });
      if (other !== null) await runner.ended(other.id);
    }
    return null;
  }

  async #ended(taskId: string): Promise<TaskType> {
    await this.services.runner.ended(taskId);
    return this.services.tasks.require(taskId);
  }

  /** The repository as it is now; as it was when it has been removed meanwhile. */
  async #payload(before: ImageRepositoryType, task: TaskType): Promise<RefreshRepositoryPayloadType> {
    const repository = (await this.services.repositories.byId.clear(before.id).load(before.id)) ?? before;
    const detail = task.detail as Record<string, unknown>;
    const count = (name: string): number => Number(detail[name] ?? 0);
    return {
      repository,
      added: count('added'),
      changed: count('changed'),
      removed: count('removed'),
      skipped: count('skippedCount'),
      task,
    };
  }
}

function refusal(task: TaskType, name: string): Error {
  const message = task.error ?? `The load of the repository ${name} was interrupted; the task ${task.id} says how it goes on.`;
  if (task.errorCode === 'INTERNAL_SERVER_ERROR') return new Error(message);
  const isOurs = task.status === 'FAILED' && task.errorCode !== null;
  return new AppError(isOurs ? (task.errorCode as ErrorCode) : 'REPOSITORY_UNREACHABLE', message);
}
