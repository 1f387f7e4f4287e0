import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Info, Mutation, Query, Resolver } from 'type-graphql';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { Connection } from '../platform/database/list/page.js';
import { connectionSelection } from '../platform/graphql/selection.js';
import { ServerListArgs } from './list/server-filter.inputs.js';
import { ServerQueries } from './server.queries.js';
import { ServerService } from './server.service.js';
import { Uuid } from '../platform/graphql/scalars.js';
import { RegisterServerInput, UpdateServerInput } from './virtual-server.inputs.js';
import { VirtualServerConnection, VirtualServerType } from './virtual-server.type.js';

/** Reads the servers that the viewer sees, and takes reports of the compute side, which is a SuperAdmin. */
@Resolver(() => VirtualServerType)
export class VirtualServerResolver {
  constructor(
    private readonly queries: ServerQueries,
    private readonly service: ServerService,
    private readonly datacenters: DatacenterQueries,
  ) {}

  @Query(() => VirtualServerType, {
    nullable: true,
    description:
      'One server, by exactly one of `hostname` and `uuid` (else BAD_USER_INPUT); null when there is none that you can see.',
  })
  async server(
    @Arg('hostname', () => String, { nullable: true, description: 'Exact host name.' }) hostname?: string | null,
    @Arg('uuid', () => Uuid, { nullable: true, description: 'UUID of the server.' }) uuid?: string | null,
  ): Promise<VirtualServerType | null> {
    return this.queries.one(hostname, uuid);
  }

  @Query(() => VirtualServerConnection, {
    nullable: true,
    description:
      'The servers of a datacenter by host name: all of them with ADMIN there or as a SuperAdmin, else your own. Null with a NOT_FOUND error when you cannot see the datacenter.',
  })
  async servers(
    @Args(() => ServerListArgs) { filter, ...page }: ServerListArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('datacenter', () => String, {
      nullable: true,
      description: 'Name of the datacenter; your current one when left out or null.',
    })
    datacenter?: string | null,
  ): Promise<Connection<VirtualServerType>> {
    return this.queries.ofDatacenter(await this.datacenters.require(datacenter), { page, filter, selection: connectionSelection(info) });
  }

  @Mutation(() => VirtualServerType, {
    description:
      'Makes a server known, so that the images on its disks count as used. SuperAdmin only. Errors: BAD_USER_INPUT with every broken value, an unknown datacenter, owner or image among them; ALREADY_EXISTS when the UUID or hostname is taken; IMAGE_NOT_USABLE when disk 1 cannot take its image, saying which rule is in the way.',
  })
  async registerServer(
    @Arg('input', () => RegisterServerInput, { description: 'The server.' }) input: RegisterServerInput,
  ): Promise<VirtualServerType> {
    return this.service.register(input);
  }

  @Mutation(() => VirtualServerType, {
    description:
      'Changes what is given of a server. A disk that has an image keeps it, also when the server moves to another datacenter or owner. When the image server gets a new host name, the local repository gets it too. SuperAdmin only. Errors: NOT_FOUND for an unknown server; BAD_USER_INPUT with every broken value, an unknown datacenter, owner or image among them; ALREADY_EXISTS when the hostname is taken; IMAGE_NOT_USABLE when disk 1 cannot newly take its image, saying which rule is in the way.',
  })
  async updateServer(
    @Arg('input', () => UpdateServerInput, { description: 'Which server, and what changes.' })
    input: UpdateServerInput,
  ): Promise<VirtualServerType> {
    return this.service.update(input);
  }

  @Mutation(() => Uuid, {
    description:
      'Forgets a server with its disks and snapshots, and answers its UUID. SuperAdmin only. Errors: NOT_FOUND for an unknown server, SERVER_IS_IMAGE_SERVER for the image server, SNAPSHOT_NOT_READY while an image is being created from one of its snapshots.',
  })
  async unregisterServer(
    @Arg('uuid', () => Uuid, { description: 'UUID of the server.' }) uuid: string,
  ): Promise<string> {
    return this.service.unregister(uuid);
  }
}
