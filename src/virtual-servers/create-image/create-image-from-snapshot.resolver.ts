import { Arg, Mutation, Resolver } from 'type-graphql';
import { ImageTaskPayloadType } from '../../images/mutations/image-payload.type.js';
import { CreateImageFromSnapshotInput } from './create-image-from-snapshot.inputs.js';
import { CreateImageFromSnapshotService } from './create-image-from-snapshot.service.js';
import { SnapshotType } from '../snapshots/snapshot.type.js';

/** Creates images from the disks of servers. */
@Resolver(() => SnapshotType)
export class CreateImageFromSnapshotResolver {
  constructor(private readonly service: CreateImageFromSnapshotService) {}

  @Mutation(() => ImageTaskPayloadType, {
    description:
      "Creates an image from a snapshot, bound to the datacenter of its server. The bytes are read from the snapshot's `dataUrl` and compressed with gzip in a task, during which the image and the snapshot are PENDING; if that fails or is cancelled, the image disappears again, and the snapshot is OK in either case. Without an image server the image is OK at once and has no file. Needs ADMIN and IMAGE_ADMIN in the server's datacenter, or a SuperAdmin. Errors, in this order: NOT_FOUND for a server that you cannot see, FORBIDDEN, NOT_FOUND for an unknown snapshot, BAD_USER_INPUT for broken values, SNAPSHOT_NOT_READY, SERVER_NOT_OPERATIONAL, ALREADY_EXISTS, IMAGE_LIMIT_REACHED, IMAGE_SERVER_UNAVAILABLE, FILE_UNREACHABLE for a snapshot without `dataUrl`. The task can end with FILE_UNREACHABLE, URL_NOT_ALLOWED or ALREADY_EXISTS.",
  })
  async createImageFromSnapshot(
    @Arg('input', () => CreateImageFromSnapshotInput, { description: 'Which snapshot, and what to make of it.' })
    input: CreateImageFromSnapshotInput,
  ): Promise<ImageTaskPayloadType> {
    return this.service.create(input);
  }
}
