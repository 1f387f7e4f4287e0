import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { UserConnection, type UserType } from '../../access/people/user.type.js';
import { type Connection, PageArgs } from '../../platform/database/list/page.js';
import { connectionSelection } from '../../platform/graphql/selection.js';
import { DatacenterType } from '../datacenter.type.js';
import { MemberQueries } from './member.queries.js';

/** Whom an image of a datacenter may be given to. */
@Resolver(() => DatacenterType)
export class DatacenterMembersResolver {
  constructor(private readonly queries: MemberQueries) {}

  @FieldResolver(() => UserConnection, {
    nullable: true,
    description:
      'Whom an image of it may be given to: the active users who have access to it, by username. Needs ADMIN there, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async members(
    @Root() datacenter: DatacenterType,
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('search', () => String, { nullable: true, description: 'Text that occurs in the username; upper and lower case are the same.' })
    search?: string | null,
  ): Promise<Connection<UserType> | null> {
    return this.queries.ofDatacenter(datacenter, search, page, connectionSelection(info));
  }
}
