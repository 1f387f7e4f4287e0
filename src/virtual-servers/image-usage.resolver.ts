import type { GraphQLResolveInfo } from 'graphql';
import { Args, FieldResolver, Info, Int, Resolver, Root } from 'type-graphql';
import { ImageType } from '../images/image.type.js';
import { notImplemented } from '../platform/errors.js';
import { type Connection, PageArgs } from '../platform/page.js';
import { SnapshotType } from './snapshot.type.js';
import { VirtualServerConnection, VirtualServerType } from './virtual-server.type.js';

/** Where an image came from and who uses it, on the side of the servers. All of it is guarded. */
@Resolver(() => ImageType)
export class ImageUsageResolver {
  @FieldResolver(() => VirtualServerConnection, {
    nullable: true,
    description:
      'The servers with a disk made from it, by host name; only those that you can see. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async servers(
    @Root() _image: ImageType,
    @Args(() => PageArgs) _page: PageArgs,
    @Info() _info: GraphQLResolveInfo,
  ): Promise<Connection<VirtualServerType> | null> {
    throw notImplemented('Image.servers');
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'How many servers anywhere have a disk made from it, also those that you cannot see; above 0 it cannot be deleted. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async serverCount(@Root() _image: ImageType): Promise<number | null> {
    throw notImplemented('Image.serverCount');
  }

  @FieldResolver(() => SnapshotType, {
    nullable: true,
    description:
      'The snapshot it was created from; null when it came another way, or when that snapshot is gone. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async sourceSnapshot(@Root() _image: ImageType): Promise<SnapshotType | null> {
    throw notImplemented('Image.sourceSnapshot');
  }
}
