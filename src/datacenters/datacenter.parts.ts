import { GroupQueries } from '../access/people/group.queries.js';
import { type PartEntry, provide } from '../access/scope.js';
import { UserQueries } from '../access/people/user.queries.js';
import type { ChangeBus } from '../tasks/changes/change-bus.js';
import { CurrentDatacenter } from './current-datacenter.js';
import { DatacenterQueries } from './datacenter.queries.js';
import { DatacenterResolver } from './datacenter.resolver.js';
import { DatacenterService } from './datacenter.service.js';
import { DatacenterSettingsService } from './settings/datacenter-settings.service.js';
import { GroupDatacentersResolver } from './groups/group-datacenters.resolver.js';
import { GroupMutationResolver } from './groups/group-mutation.resolver.js';
import { GroupService } from './groups/group.service.js';
import { SettingsQueries } from './settings/settings.queries.js';
import { SettingsResolver } from './settings/settings.resolver.js';
import { TaskRelationsResolver } from './task-relations.resolver.js';
import { ViewerDatacentersResolver } from './viewer-datacenters.resolver.js';

function services({ changes }: { changes: ChangeBus }): PartEntry[] {
  return [
    provide(DatacenterQueries, (scope) => new DatacenterQueries(scope.reads, scope.viewer)),
    provide(CurrentDatacenter, (scope) => new CurrentDatacenter(scope.em, scope.viewer, scope.get(DatacenterQueries))),
    provide(SettingsQueries, (scope) => new SettingsQueries(scope.em, scope.viewer)),
    provide(GroupService, (scope) => new GroupService(scope.em, scope.viewer, scope.get(GroupQueries))),
    provide(
      DatacenterService,
      (scope) => new DatacenterService({ em: scope.em, viewer: scope.viewer, changes, datacenters: scope.get(DatacenterQueries) }),
    ),
    provide(
      DatacenterSettingsService,
      (scope) => new DatacenterSettingsService(scope.em, scope.viewer, changes, scope.get(DatacenterQueries)),
    ),
  ];
}

/** What this feature puts into every scope. */
export function datacenterParts(work: { changes: ChangeBus }): PartEntry[] {
  return [
    ...services(work),
    provide(
      DatacenterResolver,
      (scope) =>
        new DatacenterResolver(scope.get(DatacenterQueries), scope.get(DatacenterService), scope.get(UserQueries), scope.get(GroupQueries)),
    ),
    provide(
      ViewerDatacentersResolver,
      (scope) => new ViewerDatacentersResolver(scope.viewer, scope.get(DatacenterQueries), scope.get(CurrentDatacenter)),
    ),
    provide(GroupDatacentersResolver, (scope) => new GroupDatacentersResolver(scope.get(DatacenterQueries))),
    provide(GroupMutationResolver, (scope) => new GroupMutationResolver(scope.get(GroupService))),
    provide(SettingsResolver, (scope) => new SettingsResolver(scope.get(SettingsQueries), scope.get(DatacenterSettingsService))),
    provide(TaskRelationsResolver, (scope) => new TaskRelationsResolver(scope.get(UserQueries), scope.get(DatacenterQueries))),
  ];
}
