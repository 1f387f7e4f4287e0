import { type PartEntry, provide, type RequestScope } from '../access/scope.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { ImgapiClient } from '../imgapi/client.js';
import type { SqlEntityManager } from '../platform/database/database.js';
import type { FileStore } from '../platform/store/file-store.js';
import type { ChangeBus } from '../tasks/changes/change-bus.js';
import type { TaskRunner } from '../tasks/runner/task-runner.js';
import { TaskQueries } from '../tasks/task.queries.js';
import { AttachmentService } from './mutations/attachment.service.js';
import { DeleteService } from './delete/delete.service.js';
import { DatacenterImagesResolver } from './list/datacenter-images.resolver.js';
import { ImageChangeVisibility } from './events/image-change.visibility.js';
import { ImageChangedResolver } from './events/image-changed.resolver.js';
import { ImageGuardedResolver } from './image-guarded.resolver.js';
import { ImageMutationResolver } from './mutations/image-mutation.resolver.js';
import { ImageQueries } from './image.queries.js';
import { ImageRelationsResolver } from './image-relations.resolver.js';
import { ImageResolver } from './image.resolver.js';
import { ImageServerGate } from './rules/image-server-gate.js';
import { ImageVerdicts } from './rules/image-verdicts.js';
import { ImportService } from './import/import.service.js';
import { UpdateService } from './update/update.service.js';
import { TaskImageResolver } from './task-image.resolver.js';

export interface ImageWork {
  changes: ChangeBus;
  runner: TaskRunner;
  imgapi: ImgapiClient;
  store: FileStore;
  imageServerUrl: string;
  trustedHosts: (em: SqlEntityManager) => Promise<ReadonlySet<string>>;
}

function reads(work: ImageWork): PartEntry[] {
  return [
    provide(ImageQueries, (scope) => new ImageQueries(scope.reads, scope.viewer, scope.get(DatacenterQueries))),
    provide(ImageVerdicts, (scope) => {
      const [datacenters, images] = [scope.get(DatacenterQueries), scope.get(ImageQueries)];
      return new ImageVerdicts({ em: scope.em, viewer: scope.viewer, datacenters, images, gate: new ImageServerGate(scope.em, work.store) });
    }),
    provide(
      ImageChangeVisibility,
      (scope) => new ImageChangeVisibility(scope.em, scope.viewer, scope.get(ImageQueries), scope.get(DatacenterQueries)),
    ),
  ];
}

function changes(work: ImageWork): PartEntry[] {
  const parts = (scope: RequestScope) => ({
    ...work,
    // Made when it is asked for: a change in statements has no entities outside its transaction.
    get em() {
      return scope.em;
    },
    viewer: scope.viewer,
    gate: new ImageServerGate(scope.reads.em, work.store),
    datacenters: scope.get(DatacenterQueries),
    images: scope.get(ImageQueries),
    tasks: scope.get(TaskQueries),
  });
  return [
    provide(ImportService, (scope) => new ImportService(parts(scope))),
    provide(AttachmentService, (scope) => {
      const [datacenters, images, tasks] = [scope.get(DatacenterQueries), scope.get(ImageQueries), scope.get(TaskQueries)];
      return new AttachmentService({ ...work, em: scope.reads.em, viewer: scope.viewer, datacenters, images, tasks });
    }),
    provide(UpdateService, (scope) => new UpdateService(parts(scope))),
    provide(DeleteService, (scope) => new DeleteService(parts(scope))),
  ];
}

/** What this feature puts into every scope. */
export function imageParts(work: ImageWork): PartEntry[] {
  return [
    ...reads(work),
    ...changes(work),
    provide(ImageResolver, (scope) => new ImageResolver(scope.get(ImageQueries), scope.get(DatacenterQueries))),
    provide(ImageRelationsResolver, (scope) => new ImageRelationsResolver(scope.get(ImageVerdicts))),
    provide(
      ImageGuardedResolver,
      (scope) => new ImageGuardedResolver(scope.get(ImageQueries), scope.get(TaskQueries), work.imageServerUrl),
    ),
    provide(ImageMutationResolver, (scope) => new ImageMutationResolver(scope)),
    provide(DatacenterImagesResolver, (scope) => new DatacenterImagesResolver(scope.get(ImageQueries))),
    provide(TaskImageResolver, (scope) => new TaskImageResolver(scope.get(ImageQueries))),
    provide(ImageChangedResolver, () => new ImageChangedResolver()),
  ];
}
