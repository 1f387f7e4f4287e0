import type { GraphQLResolveInfo } from 'graphql';
import { Args, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { DatacenterType } from '../datacenters/datacenter.type.js';
import type { Connection } from '../platform/database/list/page.js';
import { connectionSelection } from '../platform/graphql/selection.js';
import { ServerListArgs } from './list/server-filter.inputs.js';
import { ServerQueries } from './server.queries.js';
import { VirtualServerConnection, VirtualServerType } from './virtual-server.type.js';

/** The servers of a datacenter. */
@Resolver(() => DatacenterType)
export class DatacenterServersResolver {
  constructor(private readonly queries: ServerQueries) {}

  @FieldResolver(() => VirtualServerConnection, {
    description: 'The servers in it by host name: all of them with ADMIN there or as a SuperAdmin, else your own.',
  })
  async servers(
    @Root() datacenter: DatacenterType,
    @Args(() => ServerListArgs) { filter, ...page }: ServerListArgs,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection<VirtualServerType>> {
    return this.queries.ofDatacenter(datacenter, { page, filter, selection: connectionSelection(info) });
  }
}
