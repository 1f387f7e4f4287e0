import { type Provider, provide } from '../access/request-container.js';
import { ImageQueries } from '../images/image.queries.js';
import { ImportService } from '../images/import/import.service.js';
import { TaskQueries } from '../tasks/task.queries.js';
import { ImageRepositoryChangedResolver } from './image-repository-changed.resolver.js';
import { ImageRepositoryResolver } from './image-repository.resolver.js';
import { ImageSourceResolver, TaskRepositoryResolver } from './entries/image-source.resolver.js';
import { ImportRepositoryImageResolver } from './entries/import-repository-image.resolver.js';
import { RepositoryImportService } from './entries/import-repository-image.service.js';
import { RepositoryImageQueries } from './entries/repository-image.queries.js';
import { RepositoryImageResolver } from './entries/repository-image.resolver.js';
import { RepositoryQueries } from './repository.queries.js';
import { RepositoryService } from './repository.service.js';
import type { ImgapiClient } from '../imgapi/client.js';
import type { CredentialsFor } from './credentials/repository-access.js';
import { ChangeRepositoriesResolver } from './settings/change-repositories.resolver.js';
import { ChangeRepositoriesService } from './settings/change-repositories.service.js';
import { SettingsRepositoriesResolver } from './settings/settings-repositories.resolver.js';
import type { RefreshTaskServices } from './refresh/start-refresh.js';

/** The providers of this feature in every request container. */
export function repositoryModule({ changes, runner, imgapi, credentialsFor }: RefreshTaskServices & { imgapi: ImgapiClient; credentialsFor: CredentialsFor }): Provider[] {
  return [
    provide(RepositoryQueries, (container) => new RepositoryQueries(container.reads, container.viewer)),
    provide(RepositoryImageQueries, (container) => new RepositoryImageQueries(container.reads, container.viewer, container.get(ImageQueries))),
    provide(RepositoryService, (container) => {
      const [repositories, tasks] = [container.get(RepositoryQueries), container.get(TaskQueries)];
      return new RepositoryService({ em: container.em, viewer: container.viewer, changes, runner, repositories, tasks });
    }),
    provide(
      RepositoryImportService,
      (container) => new RepositoryImportService(container.get(ImportService), container.get(RepositoryQueries), container.get(RepositoryImageQueries)),
    ),
    provide(ImageRepositoryResolver, (container) => new ImageRepositoryResolver(container.get(RepositoryQueries), () => container.get(RepositoryService))),
    provide(RepositoryImageResolver, (container) => new RepositoryImageResolver(container.get(RepositoryImageQueries))),
    provide(ImageSourceResolver, (container) => new ImageSourceResolver(container.get(RepositoryQueries), container.get(ImageQueries))),
    provide(TaskRepositoryResolver, (container) => new TaskRepositoryResolver(container.get(RepositoryQueries))),
    provide(ImportRepositoryImageResolver, (container) => new ImportRepositoryImageResolver(container.get(RepositoryImportService))),
    provide(ChangeRepositoriesService, (container) => {
      const { em, viewer } = container;
      return new ChangeRepositoriesService({ em, viewer, changes, imgapi, credentialsFor, repositories: container.get(RepositoryQueries) });
    }),
    provide(ChangeRepositoriesResolver, (container) => new ChangeRepositoriesResolver(() => container.get(ChangeRepositoriesService))),
    provide(SettingsRepositoriesResolver, (container) => new SettingsRepositoriesResolver(container.em)),
    provide(ImageRepositoryChangedResolver, () => new ImageRepositoryChangedResolver()),
  ];
}
