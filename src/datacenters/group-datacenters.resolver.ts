import { FieldResolver, Resolver, Root } from 'type-graphql';
import { GroupType } from '../access/group.type.js';
import { notImplemented } from '../platform/errors.js';
import { DatacenterType } from './datacenter.type.js';

/** Where a group's permissions hold. */
@Resolver(() => GroupType)
export class GroupDatacentersResolver {
  @FieldResolver(() => [DatacenterType], {
    description: 'The datacenters where its permissions hold, by name; only those that you can see.',
  })
  async datacenters(@Root() group: GroupType): Promise<DatacenterType[]> {
    if (group.loadedDatacenters) {
      return group.loadedDatacenters;
    }
    throw notImplemented('Group.datacenters');
  }
}
