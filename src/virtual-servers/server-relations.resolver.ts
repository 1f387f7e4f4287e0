import { FieldResolver, Resolver, Root } from 'type-graphql';
import { UserType } from '../access/people/user.type.js';
import { DatacenterType } from '../datacenters/datacenter.type.js';
import { ImageQueries } from '../images/image.queries.js';
import { ImageType } from '../images/image.type.js';
import { ServerRelations } from './server-relations.js';
import { SnapshotType } from './snapshots/snapshot.type.js';
import { VirtualDiskType } from './disks/virtual-disk.type.js';
import { VirtualServerType } from './virtual-server.type.js';

/** What belongs to a server. */
@Resolver(() => VirtualServerType)
export class ServerRelationsResolver {
  constructor(private readonly relations: ServerRelations) {}

  @FieldResolver(() => DatacenterType, { description: 'The datacenter it runs in.' })
  async datacenter(@Root() server: VirtualServerType): Promise<DatacenterType> {
    return this.relations.datacenter(server);
  }

  @FieldResolver(() => UserType, { description: 'The user who owns it; images are usable on it as they are to its owner.' })
  async owner(@Root() server: VirtualServerType): Promise<UserType> {
    return this.relations.owner(server);
  }

  @FieldResolver(() => [String], {
    description: 'Its own tags and those of the images on its disks, each once.',
  })
  async tags(@Root() server: VirtualServerType): Promise<string[]> {
    return this.relations.tags(server);
  }

  @FieldResolver(() => [VirtualDiskType], { description: 'Its disks in their order.' })
  async disks(@Root() server: VirtualServerType): Promise<VirtualDiskType[]> {
    return this.relations.disks(server);
  }

  @FieldResolver(() => [SnapshotType], { description: 'The snapshots of its disks, by disk and name.' })
  async snapshots(@Root() server: VirtualServerType): Promise<SnapshotType[]> {
    return this.relations.snapshots(server);
  }
}

/** What a disk was made from. */
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
