import { FieldResolver, Resolver, Root } from 'type-graphql';
import { UserQueries } from '../access/people/user.queries.js';
import { UserType } from '../access/people/user.type.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import { DatacenterType } from '../datacenters/datacenter.type.js';
import { ImageQueries } from '../images/image.queries.js';
import { ImageType } from '../images/image.type.js';
import { notFound } from '../platform/errors.js';
import { VirtualDiskType } from './disks/virtual-disk.type.js';
import { ServerQueries } from './server.queries.js';
import { SnapshotQueries } from './snapshots/snapshot.queries.js';
import { SnapshotType } from './snapshots/snapshot.type.js';
import { VirtualServerType } from './virtual-server.type.js';

/** The relations of a server, each in one statement per page of servers. */
@Resolver(() => VirtualServerType)
export class ServerRelationsResolver {
  constructor(
    private readonly users: UserQueries,
    private readonly datacenters: DatacenterQueries,
    private readonly servers: ServerQueries,
    private readonly snapshotQueries: SnapshotQueries,
  ) {}

  @FieldResolver(() => DatacenterType, { description: 'The datacenter it runs in.' })
  async datacenter(@Root() server: VirtualServerType): Promise<DatacenterType> {
    const datacenter = await this.datacenters.byId.load(server.datacenterId);
    // Only of the image server, which a viewer may see without its datacenter.
    if (datacenter === null) throw notFound('datacenter of the server', server.hostname);
    return datacenter;
  }

  @FieldResolver(() => UserType, { description: 'The user who owns it; images are usable on it as they are to its owner.' })
  async owner(@Root() server: VirtualServerType): Promise<UserType> {
    return this.users.require(server.ownerId);
  }

  @FieldResolver(() => [String], {
    description: 'Its own tags and those of the images on its disks, each once.',
  })
  async tags(@Root() server: VirtualServerType): Promise<string[]> {
    return [...new Set([...server.ownTags, ...(await this.servers.inheritedTags.load(server.id))])];
  }

  @FieldResolver(() => [VirtualDiskType], { description: 'Its disks in their order.' })
  async disks(@Root() server: VirtualServerType): Promise<VirtualDiskType[]> {
    return this.servers.disks.load(server.id);
  }

  @FieldResolver(() => [SnapshotType], { description: 'The snapshots of its disks, by disk and name.' })
  async snapshots(@Root() server: VirtualServerType): Promise<SnapshotType[]> {
    return this.snapshotQueries.ofServer.load(server.id);
  }
}

/** The image that a disk was made from. */
@Resolver(() => VirtualDiskType)
export class VirtualDiskResolver {
  constructor(private readonly images: ImageQueries) {}

  @FieldResolver(() => ImageType, {
    nullable: true,
    description: 'The image it was made from; null when there is none, or none that you can see.',
  })
  async image(@Root() disk: VirtualDiskType): Promise<ImageType | null> {
    return disk.imageId === null ? null : this.images.byId.load(disk.imageId);
  }
}
