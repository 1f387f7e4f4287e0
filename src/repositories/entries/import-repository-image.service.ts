import { notFound } from '../../platform/errors.js';
import type { ImageTaskPayloadType } from '../../images/mutations/image-payload.type.js';
import type { ImportService } from '../../images/import/import.service.js';
import { fileUrlOf, manifestUrlOf } from './manifest-url.js';
import type { ImportRepositoryImageInput } from './import-repository-image.inputs.js';
import type { RepositoryImageQueries } from './repository-image.queries.js';
import type { RepositoryQueries } from '../repository.queries.js';

/** Takes offered images into the catalogue, by the rules of every import. */
export class RepositoryImportService {
  constructor(
    private readonly imports: ImportService,
    private readonly repositories: RepositoryQueries,
    private readonly entries: RepositoryImageQueries,
  ) {}

  /** The viewer's right to import is checked before anything is said about the repository. */
  async importRepositoryImage(input: ImportRepositoryImageInput): Promise<ImageTaskPayloadType> {
    const datacenter = await this.imports.admit(input);
    const repository = await this.repositories.require(input.repository);
    const image = await this.entries.one(repository, input.uuid);
    if (image === null) throw notFound(`image in the repository ${repository.name} with the uuid`, input.uuid);
    return this.imports.importFrom(input, datacenter, {
      manifestUrl: manifestUrlOf(repository.url, image.uuid),
      fileUrl: fileUrlOf(repository.url, image.uuid),
      uuid: image.uuid,
      repositoryId: repository.id,
      isLocal: repository.isLocal,
    });
  }
}
