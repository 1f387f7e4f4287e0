import type { GraphQLResolveInfo } from 'graphql';
import { Args, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { DatacenterType } from '../datacenters/datacenter.type.js';
import { notImplemented } from '../platform/errors.js';
import { type Connection, PageArgs } from '../platform/page.js';
import { VirtualServerConnection, VirtualServerType } from './virtual-server.type.js';

/** The servers of a datacenter. */
@Resolver(() => DatacenterType)
export class DatacenterServersResolver {
  @FieldResolver(() => VirtualServerConnection, {
    description: 'The servers in it by host name: all of them with ADMIN there or as a SuperAdmin, else your own.',
  })
  async servers(
    @Root() _datacenter: DatacenterType,
    @Args(() => PageArgs) _page: PageArgs,
    @Info() _info: GraphQLResolveInfo,
  ): Promise<Connection<VirtualServerType>> {
    throw notImplemented('Datacenter.servers');
  }
}
