import { Arg, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { GroupQueries } from './group.queries.js';
import { GroupType } from './group.type.js';
import { UserQueries } from './user.queries.js';
import { UserType } from './user.type.js';

/** Reads groups; for SuperAdmins. Mutations of groups are in the feature of datacenters, where groups hold. */
@Resolver(() => GroupType)
export class GroupResolver {
  constructor(
    private readonly queries: GroupQueries,
    private readonly members: UserQueries,
  ) {}

  @Query(() => GroupType, {
    nullable: true,
    description: 'One group, or null when there is none of that name. SuperAdmin only, else FORBIDDEN.',
  })
  async group(@Arg('name', () => String, { description: 'Exact name.' }) name: string): Promise<GroupType | null> {
    return this.queries.byName(name);
  }

  @Query(() => [GroupType], { description: 'All groups by name. SuperAdmin only, else FORBIDDEN.' })
  async groups(): Promise<GroupType[]> {
    return this.queries.all();
  }

  @FieldResolver(() => [UserType], { description: 'The members, by username.' })
  async users(@Root() group: GroupType): Promise<UserType[]> {
    return this.members.byGroup.load(group.id);
  }
}
