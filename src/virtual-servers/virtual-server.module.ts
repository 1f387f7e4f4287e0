import { type Provider, provide } from '../access/request-container.js';
import { UserQueries } from '../access/people/user.queries.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import { SettingsQueries } from '../datacenters/settings/settings.queries.js';
import { ImageQueries } from '../images/image.queries.js';
import { ImageServerGate } from '../images/rules/image-server-gate.js';
import type { FileStore } from '../platform/store/file-store.js';
import type { ChangeBus } from '../tasks/changes/change-bus.js';
import { TaskQueries } from '../tasks/task.queries.js';
import type { TaskRunner } from '../tasks/runner/task-runner.js';
import { CreateImageFromSnapshotResolver } from './create-image/create-image-from-snapshot.resolver.js';
import { CreateImageFromSnapshotService } from './create-image/create-image-from-snapshot.service.js';
import { DatacenterServersResolver } from './datacenter-servers.resolver.js';
import { GlobalSettingsResolver } from './image-server/global-settings.resolver.js';
import { GlobalSettingsService } from './image-server/global-settings.service.js';
import { ImageServerQueries } from './image-server/image-server.queries.js';
import { ImageServerResolver } from './image-server/image-server.resolver.js';
import { ImageUsageResolver } from './image-usage.resolver.js';
import { ServerQueries } from './server.queries.js';
import { ServerRelationsResolver, VirtualDiskResolver } from './server-relations.resolver.js';
import { ServerService } from './server.service.js';
import { SnapshotQueries } from './snapshots/snapshot.queries.js';
import { SnapshotResolver } from './snapshots/snapshot.resolver.js';
import { SnapshotService } from './snapshots/snapshot.service.js';
import { VirtualServerResolver } from './virtual-server.resolver.js';

export interface VirtualServerModuleServices {
  changes: ChangeBus;
  runner: TaskRunner;
  store: FileStore;
  imageServerUrl: string;
}

function services({ changes, runner, store, imageServerUrl }: VirtualServerModuleServices): Provider[] {
  return [
    provide(ServerQueries, (container) => new ServerQueries(container.reads, container.viewer, container.get(ImageQueries))),
    provide(SnapshotQueries, (container) => new SnapshotQueries(container.reads, container.viewer)),
    provide(ServerService, (container) => new ServerService(container.em, container.viewer, container.get(ServerQueries))),
    provide(SnapshotService, (container) => new SnapshotService(container.em, container.viewer, container.get(SnapshotQueries))),
    provide(
      CreateImageFromSnapshotService,
      (container) =>
        new CreateImageFromSnapshotService({
          em: container.em,
          viewer: container.viewer,
          changes,
          runner,
          gate: new ImageServerGate(container.em, store),
          datacenters: container.get(DatacenterQueries),
          servers: container.get(ServerQueries),
          snapshots: container.get(SnapshotQueries),
          images: container.get(ImageQueries),
          tasks: container.get(TaskQueries),
        }),
    ),
    provide(
      GlobalSettingsService,
      (container) =>
        new GlobalSettingsService({ em: container.em, viewer: container.viewer, changes, imageServerUrl, settings: container.get(SettingsQueries) }),
    ),
    provide(
      ImageServerQueries,
      (container) => new ImageServerQueries({ em: container.em, viewer: container.viewer, store, imageServerUrl, servers: container.get(ServerQueries) }),
    ),
  ];
}

/** The providers of this feature in every request container. */
export function virtualServerModule(work: VirtualServerModuleServices): Provider[] {
  return [
    ...services(work),
    provide(
      VirtualServerResolver,
      (container) => new VirtualServerResolver(container.get(ServerQueries), container.get(ServerService), container.get(DatacenterQueries)),
    ),
    provide(
      ServerRelationsResolver,
      (container) =>
        new ServerRelationsResolver(container.get(UserQueries), container.get(DatacenterQueries), container.get(ServerQueries), container.get(SnapshotQueries)),
    ),
    provide(VirtualDiskResolver, (container) => new VirtualDiskResolver(container.get(ImageQueries))),
    provide(SnapshotResolver, (container) => new SnapshotResolver(container.get(SnapshotService), container.get(ServerQueries))),
    provide(
      ImageUsageResolver,
      (container) => new ImageUsageResolver(container.get(ImageQueries), container.get(ServerQueries), container.get(SnapshotQueries)),
    ),
    provide(DatacenterServersResolver, (container) => new DatacenterServersResolver(container.get(ServerQueries))),
    provide(GlobalSettingsResolver, (container) => new GlobalSettingsResolver(container.get(GlobalSettingsService), container.get(ServerQueries))),
    provide(ImageServerResolver, (container) => new ImageServerResolver(container.get(ImageServerQueries))),
    provide(CreateImageFromSnapshotResolver, (container) => new CreateImageFromSnapshotResolver(container.get(CreateImageFromSnapshotService))),
  ];
}
