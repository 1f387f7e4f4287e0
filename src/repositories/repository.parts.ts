import { type PartEntry, provide } from '../access/scope.js';
import { ImageQueries } from '../images/image.queries.js';
import { ImportService } from '../images/import/import.service.js';
import { TaskQueries } from '../tasks/task.queries.js';
import { ImageRepositoryChangedResolver } from './image-repository-changed.resolver.js';
import { ImageRepositoryResolver } from './image-repository.resolver.js';
import { ImageSourceResolver, TaskRepositoryResolver } from './entries/image-source.resolver.js';
import { ImportRepositoryImageResolver } from './entries/import-repository-image.resolver.js';
import { RepositoryImportService } from './entries/import-repository-image.service.js';
import { RepositoryImageQueries } from './entries/repository-image.queries.js';
import { RepositoryBrowseResolver } from './entries/repository-image.resolver.js';
import { RepositoryQueries } from './repository.queries.js';
import { RepositoryService } from './repository.service.js';
import { SettingsRepositoriesResolver } from './settings-repositories.resolver.js';
import type { LoadWork } from './refresh/start-load.js';

/** What this feature puts into every scope. */
export function repositoryParts(work: LoadWork): PartEntry[] {
  const { changes, runner } = work;
  return [
    provide(RepositoryQueries, (scope) => new RepositoryQueries(scope.reads, scope.viewer)),
    provide(RepositoryImageQueries, (scope) => new RepositoryImageQueries(scope.reads, scope.viewer, scope.get(ImageQueries))),
    provide(RepositoryService, (scope) => {
      const [repositories, tasks] = [scope.get(RepositoryQueries), scope.get(TaskQueries)];
      return new RepositoryService({ em: scope.em, viewer: scope.viewer, changes, runner, repositories, tasks });
    }),
    provide(
      RepositoryImportService,
      (scope) => new RepositoryImportService(scope.get(ImportService), scope.get(RepositoryQueries), scope.get(RepositoryImageQueries)),
    ),
    provide(ImageRepositoryResolver, (scope) => new ImageRepositoryResolver(scope.get(RepositoryQueries), () => scope.get(RepositoryService))),
    provide(RepositoryBrowseResolver, (scope) => new RepositoryBrowseResolver(scope.get(RepositoryImageQueries))),
    provide(ImageSourceResolver, (scope) => new ImageSourceResolver(scope.get(RepositoryQueries), scope.get(ImageQueries))),
    provide(TaskRepositoryResolver, (scope) => new TaskRepositoryResolver(scope.get(RepositoryQueries))),
    provide(ImportRepositoryImageResolver, (scope) => new ImportRepositoryImageResolver(scope.get(RepositoryImportService))),
    provide(SettingsRepositoriesResolver, (scope) => new SettingsRepositoriesResolver(scope.em)),
    provide(ImageRepositoryChangedResolver, () => new ImageRepositoryChangedResolver()),
  ];
}
