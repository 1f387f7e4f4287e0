import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';
import { type Connection, PageArgs } from '../../platform/database/list/page.js';
import { connectionSelection } from '../../platform/graphql/selection.js';
import { GroupQueries } from './group.queries.js';
import { GroupConnection, GroupType } from './group.type.js';
import { UserQueries } from './user.queries.js';
import { UserType } from './user.type.js';
import { Viewer } from '../viewer.js';

/** Reads groups: any for SuperAdmins, one's own for everybody. Mutations of groups are in the feature of datacenters, where groups hold. */
@Resolver(() => GroupType)
export class GroupResolver {
  constructor(
    private readonly queries: GroupQueries,
    private readonly members: UserQueries,
    private readonly viewer: Viewer,
  ) {}

  @Query(() => GroupType, {
    nullable: true,
    description: 'One group, or null when there is none of that name. SuperAdmin only; else null with a FORBIDDEN error.',
  })
  async group(@Arg('name', () => String, { description: 'Exact name.' }) name: string): Promise<GroupType | null> {
    return this.queries.byName(name);
  }

  @Query(() => GroupConnection, {
    nullable: true,
    description: 'Groups by name. SuperAdmin only; else null with a FORBIDDEN error.',
  })
  async groups(
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('search', () => String, { nullable: true, description: 'Text that occurs in the name or alias; upper and lower case are the same.' })
    search?: string | null,
  ): Promise<Connection<GroupType> | null> {
    return this.queries.page(search, page, connectionSelection(info));
  }

  @FieldResolver(() => [UserType], { description: 'The members, by username: all of them for a SuperAdmin; else yourself, if you are one.' })
  async users(@Root() group: GroupType): Promise<UserType[]> {
    if (this.viewer.can('people.read').allowed) return this.members.byGroup.load(group.id);
    const { userId } = this.viewer;
    const own = await this.queries.byUser.load(userId);
    return own.some(({ id }) => id === group.id) ? [await this.members.require(userId)] : [];
  }
}
