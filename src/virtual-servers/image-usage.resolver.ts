import type { GraphQLResolveInfo } from 'graphql';
import { Args, FieldResolver, Info, Int, Resolver, Root } from 'type-graphql';
import { ImageQueries } from '../images/image.queries.js';
import { ImageType } from '../images/image.type.js';
import { type Connection, PageArgs } from '../platform/database/list/page.js';
import { connectionSelection } from '../platform/graphql/selection.js';
import { ServerQueries } from './server.queries.js';
import { SnapshotQueries } from './snapshots/snapshot.queries.js';
import { SnapshotType } from './snapshots/snapshot.type.js';
import { VirtualServerConnection, VirtualServerType } from './virtual-server.type.js';

/** The servers and the snapshot behind an image; only viewers who may inspect the image see them. */
@Resolver(() => ImageType)
export class ImageUsageResolver {
  constructor(
    private readonly images: ImageQueries,
    private readonly queries: ServerQueries,
    private readonly snapshots: SnapshotQueries,
  ) {}

  @FieldResolver(() => VirtualServerConnection, {
    nullable: true,
    description:
      'The servers with a disk made from it, by host name; only those that you can see. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async servers(
    @Root() image: ImageType,
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection<VirtualServerType> | null> {
    await this.images.demandInspect(image);
    return this.queries.ofImage(image, page, connectionSelection(info));
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'How many servers anywhere have a disk made from it, also those that you cannot see; above 0 it cannot be deleted. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async serverCount(@Root() image: ImageType): Promise<number | null> {
    await this.images.demandInspect(image);
    return this.queries.countOfImage.load(image.id);
  }

  @FieldResolver(() => SnapshotType, {
    nullable: true,
    description:
      'The snapshot it was created from; null when it came another way, or when that snapshot is gone. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async sourceSnapshot(@Root() image: ImageType): Promise<SnapshotType | null> {
    await this.images.demandInspect(image);
    return image.sourceSnapshotId === null ? null : this.snapshots.byId.load(image.sourceSnapshotId);
  }
}
