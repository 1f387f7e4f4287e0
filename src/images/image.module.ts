import { type Provider, provide, type RequestContainer } from '../access/request-container.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { ImgapiClient } from '../imgapi/client.js';
import type { SqlEntityManager } from '../platform/database/database.js';
import type { FetchAccess, GuardedFetch } from '../platform/fetch/fetch.js';
import type { FileStore } from '../platform/store/file-store.js';
import type { ChangeBus } from '../tasks/changes/change-bus.js';
import type { TaskRunner } from '../tasks/runner/task-runner.js';
import { TaskQueries } from '../tasks/task.queries.js';
import { ImageBasesResolver } from './bases/image-bases.resolver.js';
import { ImageChildren } from './bases/image-children.js';
import { AttachmentService } from './mutations/attachment.service.js';
import { DeleteService } from './delete/delete.service.js';
import { DatacenterImagesResolver } from './list/datacenter-images.resolver.js';
import { ImageChangedResolver } from './events/image-changed.resolver.js';
import { ImageFileResolver } from './store/image-file.resolver.js';
import { ImageGuardedResolver } from './image-guarded.resolver.js';
import { ImageMutationResolver } from './mutations/image-mutation.resolver.js';
import { ImageQueries } from './image.queries.js';
import { ImageRelationsResolver } from './image-relations.resolver.js';
import { ImageResolver } from './image.resolver.js';
import { DatacenterActionsResolver } from './rules/datacenter-actions.resolver.js';
import { DatacenterVerdicts } from './rules/datacenter-verdicts.js';
import { ImageServerGate, VerdictGate } from './rules/image-server-gate.js';
import { ImageVerdicts } from './rules/image-verdicts.js';
import { ImportService } from './import/import.service.js';
import type { FindOrigin } from './import/origins/missing-origin.js';
import { UpdateService } from './update/update.service.js';
import { VerifyService } from './verify/verify.service.js';
import { TaskImageResolver } from './task-image.resolver.js';

export interface ImageModuleServices {
  changes: ChangeBus;
  runner: TaskRunner;
  imgapi: ImgapiClient;
  store: FileStore;
  fetch: GuardedFetch;
  imageServerUrl: string;
  accessTo: (em: SqlEntityManager, repositoryId: number | null) => Promise<FetchAccess>;
  findOrigin: FindOrigin;
}

function reads(work: ImageModuleServices): Provider[] {
  return [
    provide(ImageQueries, (container) => new ImageQueries(container.reads, container.viewer, container.get(DatacenterQueries))),
    provide(ImageChildren, (container) => new ImageChildren(container.reads, container.viewer, container.get(DatacenterQueries))),
    provide(VerdictGate, (container) => new VerdictGate(new ImageServerGate(container.reads.em, work.store))),
    provide(ImageVerdicts, (container) => {
      const [datacenters, images] = [container.get(DatacenterQueries), container.get(ImageQueries)];
      return new ImageVerdicts({ em: container.reads, viewer: container.viewer, datacenters, images, gate: container.get(VerdictGate) });
    }),
    provide(DatacenterVerdicts, (container) => new DatacenterVerdicts(container.reads, container.viewer, container.get(VerdictGate))),
  ];
}

function changes(work: ImageModuleServices): Provider[] {
  const services = (container: RequestContainer) => ({
    ...work,
    // A getter: changes that are written as statements need no entity manager outside their transaction.
    get em() {
      return container.em;
    },
    viewer: container.viewer,
    gate: new ImageServerGate(container.reads.em, work.store),
    datacenters: container.get(DatacenterQueries),
    images: container.get(ImageQueries),
    tasks: container.get(TaskQueries),
  });
  return [
    provide(ImportService, (container) => new ImportService(services(container))),
    provide(AttachmentService, (container) => {
      const [datacenters, images, tasks] = [container.get(DatacenterQueries), container.get(ImageQueries), container.get(TaskQueries)];
      return new AttachmentService({ ...work, em: container.reads.em, viewer: container.viewer, datacenters, images, tasks });
    }),
    provide(UpdateService, (container) => new UpdateService(services(container))),
    provide(DeleteService, (container) => new DeleteService(services(container))),
    provide(VerifyService, (container) => new VerifyService(services(container))),
  ];
}

/** The providers of this feature for the container of a request. */
export function imageModule(work: ImageModuleServices): Provider[] {
  return [
    ...reads(work),
    ...changes(work),
    provide(ImageResolver, (container) => new ImageResolver(container.get(ImageQueries), container.get(DatacenterQueries))),
    provide(ImageRelationsResolver, (container) => new ImageRelationsResolver(container.get(ImageVerdicts))),
    provide(DatacenterActionsResolver, (container) => new DatacenterActionsResolver(container.get(DatacenterVerdicts))),
    provide(ImageBasesResolver, (container) => new ImageBasesResolver(container.get(ImageQueries), container.get(ImageChildren))),
    provide(
      ImageGuardedResolver,
      (container) => new ImageGuardedResolver(container.get(ImageQueries), container.get(TaskQueries), work.imageServerUrl),
    ),
    provide(ImageFileResolver, () => new ImageFileResolver(work.store)),
    provide(ImageMutationResolver, (container) => new ImageMutationResolver(container)),
    provide(DatacenterImagesResolver, (container) => new DatacenterImagesResolver(container.get(ImageQueries))),
    provide(TaskImageResolver, (container) => new TaskImageResolver(container.get(ImageQueries))),
    provide(ImageChangedResolver, () => new ImageChangedResolver()),
  ];
}
