import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Info, Mutation, Resolver } from 'type-graphql';
import type { RequestContainer } from '../../access/request-container.js';
import { objectSelection } from '../../platform/graphql/selection.js';
import { AttachmentService } from './attachment.service.js';
import { AttachImageInput, DeleteImageInput, ImportImageInput, UpdateImageInput } from './image-mutation.inputs.js';
import { AttachImagePayloadType, DeleteImagePayloadType, ImageTaskPayloadType } from './image-payload.type.js';
import { ImageType } from '../image.type.js';
import { DeleteService } from '../delete/delete.service.js';
import { ImportService } from '../import/import.service.js';
import type { SelectedPayload } from './run-command.js';
import { VerifyService } from '../verify/verify.service.js';
import { UpdateService } from '../update/update.service.js';

/** The mutations of images. A task goes on with the work of the image server after the response. */
@Resolver(() => ImageType)
export class ImageMutationResolver {
  /** Takes the container, so that a mutation creates only the service it needs. */
  constructor(private readonly container: Pick<RequestContainer, 'get'>) {}

  @Mutation(() => ImageTaskPayloadType, {
    description:
      'Imports an image from the address of its manifest; the file is downloaded and verified in a task, and if that fails the image disappears again. Needs ADMIN, IMAGE_ADMIN and IMAGE_IMPORT_ADMIN in the datacenter; with `dcBound: false`, SuperAdmin only. Errors: FORBIDDEN, NOT_FOUND for an unknown datacenter, BAD_USER_INPUT for a broken value, ALREADY_EXISTS, CONFLICT for an `idempotencyKey` of another input, IMAGE_LIMIT_REACHED, IMAGE_SERVER_UNAVAILABLE, URL_NOT_ALLOWED, MANIFEST_UNREACHABLE, INVALID_MANIFEST, UNSUPPORTED_TYPE, MISSING_ORIGIN, STORE_MISMATCH. A file that is no disk ends the task, or the dry run, with UNSUPPORTED_FORMAT.',
  })
  async importImage(
    @Arg('input', () => ImportImageInput, { description: 'The image.' }) input: ImportImageInput,
  ): Promise<ImageTaskPayloadType> {
    return this.container.get(ImportService).importImage(input);
  }

  @Mutation(() => ImageTaskPayloadType, {
    description:
      'Changes what is given of an image; if the image server cannot follow, the old values come back. Needs ADMIN and IMAGE_ADMIN in the datacenter the image is bound to; for an unbound image and for `dcBound`, SuperAdmin only. Errors: NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a broken value, ALREADY_EXISTS when alias and version are taken, CONFLICT when it was changed since `ifUpdatedAt`, IMAGE_NOT_READY while a task works on it, IMAGE_LIMIT_REACHED, IMAGE_SERVER_UNAVAILABLE, STORE_MISMATCH.',
  })
  async updateImage(
    @Arg('input', () => UpdateImageInput, { description: 'Which image, and what changes.' }) input: UpdateImageInput,
  ): Promise<ImageTaskPayloadType> {
    return this.container.get(UpdateService).update(input);
  }

  @Mutation(() => DeleteImagePayloadType, {
    description:
      'Removes an image that no server uses and no image builds on, with its file. To hide one that is in use, set its access to DELETED. Needs ADMIN and IMAGE_ADMIN in the datacenter the image is bound to; for an unbound image, SuperAdmin only. Errors: NOT_FOUND, FORBIDDEN, IMAGE_NOT_READY while a task works on it, IMAGE_IN_USE with the servers that you can see, IMAGE_HAS_CHILDREN with the images that build on it, IMAGE_SERVER_UNAVAILABLE, STORE_MISMATCH.',
  })
  async deleteImage(
    @Arg('input', () => DeleteImageInput, { description: 'Which image.' }) input: DeleteImageInput,
  ): Promise<DeleteImagePayloadType> {
    return this.container.get(DeleteService).delete(input);
  }

  @Mutation(() => ImageTaskPayloadType, {
    description:
      'Hashes the stored file of an image again, in a task that SUCCEEDED when it is as recorded, and else FAILED with CHECKSUM_MISMATCH, or NO_FILE when the bytes are gone. The image stays as it is, and usable. Needs ADMIN and IMAGE_ADMIN in the datacenter the image is bound to; for an unbound image, SuperAdmin only. Errors: NOT_FOUND, FORBIDDEN, NO_FILE for an image without a file, IMAGE_NOT_READY while a task works on it, IMAGE_SERVER_UNAVAILABLE, STORE_MISMATCH.',
  })
  async verifyImage(@Arg('name', () => String, { description: 'Name of the image.' }) name: string): Promise<ImageTaskPayloadType> {
    return this.container.get(VerifyService).verify(name);
  }

  @Mutation(() => AttachImagePayloadType, {
    description:
      'Makes an image usable in one more datacenter; it is then bound to none. SuperAdmin only. Errors: NOT_FOUND for an unknown image or datacenter, ALREADY_EXISTS when it is attached already, IMAGE_NOT_READY while a task works on it.',
  })
  async attachImage(
    @Arg('input', () => AttachImageInput, { description: 'Which image, and where.' }) input: AttachImageInput,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SelectedPayload<AttachImagePayloadType>> {
    return this.container.get(AttachmentService).attach(input, objectSelection(info));
  }

  @Mutation(() => AttachImagePayloadType, {
    description:
      'Makes an image unusable in a datacenter; it is then bound to none. SuperAdmin only. Errors: NOT_FOUND for an unknown image or datacenter and when it is not attached there, IMAGE_IN_USE while servers of that datacenter use it, IMAGE_NOT_READY while a task works on it.',
  })
  async detachImage(
    @Arg('input', () => AttachImageInput, { description: 'Which image, and where.' }) input: AttachImageInput,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SelectedPayload<AttachImagePayloadType>> {
    return this.container.get(AttachmentService).detach(input, objectSelection(info));
  }
}
