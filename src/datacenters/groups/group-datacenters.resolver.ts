import { FieldResolver, Resolver, Root } from 'type-graphql';
import { GroupType } from '../../access/people/group.type.js';
import { DatacenterQueries } from '../datacenter.queries.js';
import { DatacenterType } from '../datacenter.type.js';

/** The datacenters that a group is attached to. */
@Resolver(() => GroupType)
export class GroupDatacentersResolver {
  constructor(private readonly queries: DatacenterQueries) {}

  @FieldResolver(() => [DatacenterType], {
    description: 'The datacenters where its permissions hold, by name; only those that you can see.',
  })
  async datacenters(@Root() group: GroupType): Promise<DatacenterType[]> {
    return this.queries.byGroup.load(group.id);
  }
}
