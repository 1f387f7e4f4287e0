import { Arg, Mutation, Resolver } from 'type-graphql';
import { ImageTaskPayloadType } from '../../images/mutations/image-payload.type.js';
import { ImportRepositoryImageInput } from './import-repository-image.inputs.js';
import { RepositoryImportService } from './import-repository-image.service.js';
import { RepositoryImageType } from './repository-image.type.js';

/** Imports entries of repositories into the catalogue. */
@Resolver(() => RepositoryImageType)
export class ImportRepositoryImageResolver {
  constructor(private readonly imports: RepositoryImportService) {}

  @Mutation(() => ImageTaskPayloadType, {
    description:
      'Imports an image that a repository offers; the file is downloaded and verified in a task, and if that fails the image disappears again. From the local repository nothing is downloaded. Needs ADMIN, IMAGE_ADMIN and IMAGE_IMPORT_ADMIN in the datacenter; with `dcBound: false`, SuperAdmin only. Errors: FORBIDDEN, NOT_FOUND for an unknown datacenter, repository or image, BAD_USER_INPUT for a broken value, ALREADY_EXISTS, CONFLICT for an `idempotencyKey` of another input, IMAGE_LIMIT_REACHED, IMAGE_SERVER_UNAVAILABLE, MANIFEST_UNREACHABLE, INVALID_MANIFEST, UNSUPPORTED_TYPE, MISSING_ORIGIN, NO_FILE for an image whose file the repository does not have, CHECKSUM_MISMATCH for one placed by hand with another file. A file that is no disk ends the task, or the dry run, with UNSUPPORTED_FORMAT.',
  })
  async importRepositoryImage(
    @Arg('input', () => ImportRepositoryImageInput, { description: 'Which image, and what to make of it.' })
    input: ImportRepositoryImageInput,
  ): Promise<ImageTaskPayloadType> {
    return this.imports.importRepositoryImage(input);
  }
}
