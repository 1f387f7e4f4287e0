import type { DatacenterType } from '../../datacenters/datacenter.type.js';
import { notFound } from '../../platform/errors.js';
import type { ObjectSelection } from '../../platform/graphql/selection.js';
import type { ImageTaskPayloadType } from '../../images/mutations/image-payload.type.js';
import type { ImportService } from '../../images/import/import.service.js';
import { fileUrlOf, manifestUrlOf } from './manifest-url.js';
import type { ImportRepositoryImageInput } from './import-repository-image.inputs.js';
import type { RepositoryImageQueries } from './repository-image.queries.js';
import type { RepositoryQueries } from '../repository.queries.js';

/** An import needs to know only that the entry is there: it reads the manifest from the repository. */
const NO_FIELDS: ObjectSelection = { fields: new Set() };

/** Imports entries of a repository into the catalogue, by the rules of every import. */
export class RepositoryImportService {
  constructor(
    private readonly imports: ImportService,
    private readonly repositories: RepositoryQueries,
    private readonly entries: RepositoryImageQueries,
  ) {}

  /** Checks the viewer's right to import first, so that nobody else learns what the repository has. */
  async importRepositoryImage(input: ImportRepositoryImageInput): Promise<ImageTaskPayloadType> {
    const datacenter = await this.imports.admit(input);
    return this.imports.once(input, async () => this.#importEntry(input, datacenter));
  }

  async #importEntry(input: ImportRepositoryImageInput, datacenter: DatacenterType | null): Promise<ImageTaskPayloadType> {
    const repository = await this.repositories.require(input.repository, 'repository');
    const image = await this.entries.one(repository, input.uuid, NO_FIELDS);
    if (image === null) throw notFound(`image in the repository ${repository.name} with the uuid`, input.uuid, 'uuid');
    return this.imports.importFrom(input, datacenter, {
      manifestUrl: manifestUrlOf(repository.url, image.uuid),
      fileUrl: fileUrlOf(repository.url, image.uuid),
      uuid: image.uuid,
      repositoryId: repository.id,
      isLocal: repository.isLocal,
      mismatchedAt: image.notImportableReason === 'CHECKSUM_MISMATCH' && repository.lastUpdate !== null ? Number(repository.lastUpdate) : null,
    });
  }
}
