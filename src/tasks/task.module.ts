import { type Provider, provide } from '../access/request-container.js';
import { ChangeBus } from './changes/change-bus.js';
import { TaskChangedResolver } from './task-changed.resolver.js';
import { TaskDatacenters } from './task-datacenters.js';
import type { TaskRunner } from './runner/task-runner.js';
import { TaskQueries } from './task.queries.js';
import { TaskResolver } from './task.resolver.js';
import { TaskService } from './task.service.js';

/** The providers of this feature; the composition root adds TaskDatacenters. */
export function taskModule(work: { runner: TaskRunner; changes: ChangeBus }): Provider[] {
  return [
    provide(ChangeBus, () => work.changes),
    provide(TaskQueries, (container) => new TaskQueries(container.reads, container.viewer)),
    provide(TaskService, (container) => new TaskService(container.em, container.viewer, container.get(TaskQueries), work)),
    provide(TaskResolver, (container) => new TaskResolver(container.get(TaskQueries), container.get(TaskService), container.get(TaskDatacenters))),
    provide(TaskChangedResolver, () => new TaskChangedResolver()),
  ];
}
