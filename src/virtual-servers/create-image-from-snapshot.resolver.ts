import { Arg, Mutation, Resolver } from 'type-graphql';
import { ImageTaskPayloadType } from '../images/image-payload.type.js';
import { notImplemented } from '../platform/errors.js';
import { CreateImageFromSnapshotInput } from './create-image-from-snapshot.inputs.js';
import { SnapshotType } from './snapshot.type.js';

/** Turning the disk of a server into a template. */
@Resolver(() => SnapshotType)
export class CreateImageFromSnapshotResolver {
  @Mutation(() => ImageTaskPayloadType, {
    description:
      "Creates an image from a snapshot, bound to the datacenter of its server; the bytes are copied in a task, during which the snapshot is PENDING, and if that fails the image disappears again. Needs ADMIN and IMAGE_ADMIN in the server's datacenter, or a SuperAdmin. Errors: NOT_FOUND for an unknown server or snapshot, FORBIDDEN, BAD_USER_INPUT for a broken value, ALREADY_EXISTS, SNAPSHOT_NOT_READY, SERVER_NOT_OPERATIONAL, IMAGE_LIMIT_REACHED, IMAGE_SERVER_UNAVAILABLE.",
  })
  async createImageFromSnapshot(
    @Arg('input', () => CreateImageFromSnapshotInput, { description: 'Which snapshot, and what to make of it.' })
    _input: CreateImageFromSnapshotInput,
  ): Promise<ImageTaskPayloadType> {
    throw notImplemented('createImageFromSnapshot');
  }
}
