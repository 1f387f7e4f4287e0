import { type PartEntry, provide } from '../access/scope.js';
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
import { ServerRelations } from './server-relations.js';
import { ServerRelationsResolver, VirtualDiskResolver } from './server-relations.resolver.js';
import { ServerService } from './server.service.js';
import { SnapshotQueries } from './snapshots/snapshot.queries.js';
import { SnapshotResolver } from './snapshots/snapshot.resolver.js';
import { SnapshotService } from './snapshots/snapshot.service.js';
import { VirtualServerResolver } from './virtual-server.resolver.js';

export interface ServerWork {
  changes: ChangeBus;
  runner: TaskRunner;
  store: FileStore;
  imageServerUrl: string;
}

function services({ changes, runner, store, imageServerUrl }: ServerWork): PartEntry[] {
  return [
    provide(ServerQueries, (scope) => new ServerQueries(scope.reads, scope.viewer)),
    provide(SnapshotQueries, (scope) => new SnapshotQueries(scope.reads, scope.viewer)),
    provide(
      ServerRelations,
      (scope) =>
        new ServerRelations(scope.get(UserQueries), scope.get(DatacenterQueries), scope.get(ServerQueries), scope.get(SnapshotQueries)),
    ),
    provide(ServerService, (scope) => new ServerService(scope.em, scope.viewer, scope.get(ServerQueries))),
    provide(SnapshotService, (scope) => new SnapshotService(scope.em, scope.viewer, scope.get(SnapshotQueries))),
    provide(
      CreateImageFromSnapshotService,
      (scope) =>
        new CreateImageFromSnapshotService({
          em: scope.em,
          viewer: scope.viewer,
          changes,
          runner,
          gate: new ImageServerGate(scope.em, store),
          datacenters: scope.get(DatacenterQueries),
          servers: scope.get(ServerQueries),
          snapshots: scope.get(SnapshotQueries),
          images: scope.get(ImageQueries),
          tasks: scope.get(TaskQueries),
        }),
    ),
    provide(
      GlobalSettingsService,
      (scope) =>
        new GlobalSettingsService({ em: scope.em, viewer: scope.viewer, changes, imageServerUrl, settings: scope.get(SettingsQueries) }),
    ),
    provide(
      ImageServerQueries,
      (scope) => new ImageServerQueries({ em: scope.em, viewer: scope.viewer, store, imageServerUrl, servers: scope.get(ServerQueries) }),
    ),
  ];
}

/** What this feature puts into every scope. */
export function virtualServerParts(work: ServerWork): PartEntry[] {
  return [
    ...services(work),
    provide(
      VirtualServerResolver,
      (scope) => new VirtualServerResolver(scope.get(ServerQueries), scope.get(ServerService), scope.get(DatacenterQueries)),
    ),
    provide(ServerRelationsResolver, (scope) => new ServerRelationsResolver(scope.get(ServerRelations))),
    provide(VirtualDiskResolver, (scope) => new VirtualDiskResolver(scope.get(ImageQueries))),
    provide(SnapshotResolver, (scope) => new SnapshotResolver(scope.get(SnapshotService), scope.get(ServerQueries))),
    provide(
      ImageUsageResolver,
      (scope) => new ImageUsageResolver(scope.get(ImageQueries), scope.get(ServerQueries), scope.get(SnapshotQueries)),
    ),
    provide(DatacenterServersResolver, (scope) => new DatacenterServersResolver(scope.get(ServerQueries))),
    provide(GlobalSettingsResolver, (scope) => new GlobalSettingsResolver(scope.get(GlobalSettingsService), scope.get(ServerQueries))),
    provide(ImageServerResolver, (scope) => new ImageServerResolver(scope.get(ImageServerQueries))),
    provide(CreateImageFromSnapshotResolver, (scope) => new CreateImageFromSnapshotResolver(scope.get(CreateImageFromSnapshotService))),
  ];
}
