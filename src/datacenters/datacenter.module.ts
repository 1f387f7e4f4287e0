import { GroupQueries } from '../access/people/group.queries.js';
import { type Provider, provide } from '../access/request-container.js';
import { UserQueries } from '../access/people/user.queries.js';
import type { ChangeBus } from '../tasks/changes/change-bus.js';
import { CurrentDatacenter } from './current/current-datacenter.js';
import { DatacenterQueries } from './datacenter.queries.js';
import { DatacenterResolver } from './datacenter.resolver.js';
import { DatacenterService } from './datacenter.service.js';
import { DatacenterSettingsService } from './settings/datacenter-settings.service.js';
import { DatacenterMembersResolver } from './members/datacenter-members.resolver.js';
import { MemberQueries } from './members/member.queries.js';
import { GroupDatacentersResolver } from './groups/group-datacenters.resolver.js';
import { GroupMutationResolver } from './groups/group-mutation.resolver.js';
import { GroupService } from './groups/group.service.js';
import { SettingsQueries } from './settings/settings.queries.js';
import { SettingsResolver } from './settings/settings.resolver.js';
import { TaskRelationsResolver } from './task-relations.resolver.js';
import { ViewerDatacentersResolver } from './current/viewer-datacenters.resolver.js';

function services({ changes }: { changes: ChangeBus }): Provider[] {
  return [
    provide(DatacenterQueries, (container) => new DatacenterQueries(container.reads, container.viewer)),
    provide(CurrentDatacenter, (container) => new CurrentDatacenter(container.em, container.viewer, container.get(DatacenterQueries))),
    provide(SettingsQueries, (container) => new SettingsQueries(container.em, container.viewer)),
    provide(MemberQueries, (container) => new MemberQueries(container.viewer, container.get(UserQueries))),
    provide(GroupService, (container) => new GroupService(container.em, container.viewer, container.get(GroupQueries))),
    provide(
      DatacenterService,
      (container) => new DatacenterService({ em: container.em, viewer: container.viewer, changes, datacenters: container.get(DatacenterQueries) }),
    ),
    provide(
      DatacenterSettingsService,
      (container) => new DatacenterSettingsService(container.em, container.viewer, changes, container.get(DatacenterQueries)),
    ),
  ];
}

/** Providers of datacenters, their settings, and groups as far as they hold in datacenters. */
export function datacenterModule(work: { changes: ChangeBus }): Provider[] {
  return [
    ...services(work),
    provide(
      DatacenterResolver,
      (container) =>
        new DatacenterResolver(container.get(DatacenterQueries), container.get(DatacenterService), container.get(UserQueries), container.get(GroupQueries)),
    ),
    provide(
      ViewerDatacentersResolver,
      (container) => new ViewerDatacentersResolver(container.viewer, container.get(DatacenterQueries), container.get(CurrentDatacenter)),
    ),
    provide(DatacenterMembersResolver, (container) => new DatacenterMembersResolver(container.get(MemberQueries))),
    provide(GroupDatacentersResolver, (container) => new GroupDatacentersResolver(container.get(DatacenterQueries))),
    provide(GroupMutationResolver, (container) => new GroupMutationResolver(container.get(GroupService))),
    provide(SettingsResolver, (container) => new SettingsResolver(container.get(SettingsQueries), container.get(DatacenterSettingsService))),
    provide(TaskRelationsResolver, (container) => new TaskRelationsResolver(container.get(UserQueries), container.get(DatacenterQueries))),
  ];
}
