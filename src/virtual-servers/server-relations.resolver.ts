import { FieldResolver, Resolver, Root } from 'type-graphql';
import { UserType } from '../access/user.type.js';
import { DatacenterType } from '../datacenters/datacenter.type.js';
import { ImageType } from '../images/image.type.js';
import { notImplemented } from '../platform/errors.js';
import { SnapshotType } from './snapshot.type.js';
import { VirtualDiskType } from './virtual-disk.type.js';
import { VirtualServerType } from './virtual-server.type.js';

/** What belongs to a server. */
@Resolver(() => VirtualServerType)
export class ServerRelationsResolver {
  @FieldResolver(() => DatacenterType, { description: 'The datacenter it runs in.' })
  async datacenter(@Root() server: VirtualServerType): Promise<DatacenterType> {
    if (server.loadedDatacenter) {
      return server.loadedDatacenter;
    }
    throw notImplemented('VirtualServer.datacenter');
  }

  @FieldResolver(() => UserType, { description: 'The user who owns it; images are usable on it as they are to its owner.' })
  async owner(@Root() server: VirtualServerType): Promise<UserType> {
    if (server.loadedOwner) {
      return server.loadedOwner;
    }
    throw notImplemented('VirtualServer.owner');
  }

  @FieldResolver(() => [String], {
    description: 'Its own tags and those of the images on its disks, each once.',
  })
  async tags(@Root() server: VirtualServerType): Promise<string[]> {
    if (server.loadedTags) {
      return server.loadedTags;
    }
    throw notImplemented('VirtualServer.tags');
  }

  @FieldResolver(() => [VirtualDiskType], { description: 'Its disks in their order.' })
  async disks(@Root() server: VirtualServerType): Promise<VirtualDiskType[]> {
    if (server.loadedDisks) {
      return server.loadedDisks;
    }
    throw notImplemented('VirtualServer.disks');
  }

  @FieldResolver(() => [SnapshotType], { description: 'The snapshots of its disks, by disk and name.' })
  async snapshots(@Root() server: VirtualServerType): Promise<SnapshotType[]> {
    if (server.loadedSnapshots) {
      return server.loadedSnapshots;
    }
    throw notImplemented('VirtualServer.snapshots');
  }
}

/** What a disk was made from. */
@Resolver(() => VirtualDiskType)
export class VirtualDiskResolver {
  @FieldResolver(() => ImageType, {
    nullable: true,
    description: 'The image it was made from; null when there is none, or none that you can see.',
  })
  async image(@Root() disk: VirtualDiskType): Promise<ImageType | null> {
    if (disk.imageId === null) {
      return null;
    }
    if (disk.loadedImage !== undefined) {
      return disk.loadedImage;
    }
    throw notImplemented('VirtualDisk.image');
  }
}
