import { type PartEntry, provide } from '../access/scope.js';
import { ChangeBus } from './changes/change-bus.js';
import { TaskChangedResolver } from './task-changed.resolver.js';
import { TaskPlaces } from './task-places.js';
import type { TaskRunner } from './runner/task-runner.js';
import { TaskQueries } from './task.queries.js';
import { TaskResolver } from './task.resolver.js';
import { TaskService } from './task.service.js';

/** What this feature puts into every scope; the composition root adds TaskPlaces. */
export function taskParts(work: { runner: TaskRunner; changes: ChangeBus }): PartEntry[] {
  return [
    provide(ChangeBus, () => work.changes),
    provide(TaskQueries, (scope) => new TaskQueries(scope.reads, scope.viewer)),
    provide(TaskService, (scope) => new TaskService(scope.em, scope.viewer, scope.get(TaskQueries), work)),
    provide(TaskResolver, (scope) => new TaskResolver(scope.get(TaskQueries), scope.get(TaskService), scope.get(TaskPlaces))),
    provide(TaskChangedResolver, () => new TaskChangedResolver()),
  ];
}
