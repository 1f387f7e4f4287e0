import { Arg, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { HttpUrl } from '../platform/graphql/scalars.js';
import { redactUrl } from '../platform/fetch/redact-url.js';
import { ImageRepositoryType, RefreshRepositoryPayloadType } from './image-repository.type.js';
import { RepositoryQueries } from './repository.queries.js';
import { RepositoryService } from './repository.service.js';

/** Lists and refreshes repositories; for SuperAdmins and for viewers who may import somewhere. */
@Resolver(() => ImageRepositoryType)
export class ImageRepositoryResolver {
  constructor(
    private readonly repositories: RepositoryQueries,
    private readonly service: () => RepositoryService,
  ) {}

  @FieldResolver(() => HttpUrl, { description: 'Address of the IMGAPI server, without its query.' })
  url(@Root() repository: ImageRepositoryType): string {
    return redactUrl(repository.url);
  }

  @Query(() => [ImageRepositoryType], {
    nullable: true,
    description:
      'All repositories by name, the local one included while an image server is configured. Needs ADMIN, IMAGE_ADMIN and IMAGE_IMPORT_ADMIN together in at least one datacenter, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async imageRepositories(): Promise<ImageRepositoryType[]> {
    return this.repositories.all();
  }

  @Query(() => ImageRepositoryType, {
    nullable: true,
    description:
      'One repository, or null when there is none of that name. Needs the same permissions as `imageRepositories`; else null with a FORBIDDEN error.',
  })
  async imageRepository(
    @Arg('name', () => String, { description: 'Exact name.' }) name: string,
  ): Promise<ImageRepositoryType | null> {
    return this.repositories.byName(name);
  }

  @Mutation(() => RefreshRepositoryPayloadType, {
    description:
      'Loads the list of a repository now and answers what changed. Needs the same permissions as `imageRepositories`. Errors: NOT_FOUND for an unknown one, REPOSITORY_BUSY while it is being loaded, REPOSITORY_UNREACHABLE when it gives no usable answer; the old list then stays.',
  })
  async refreshImageRepository(
    @Arg('name', () => String, { description: 'Which repository.' }) name: string,
  ): Promise<RefreshRepositoryPayloadType> {
    return this.service().refresh(name);
  }

  @Mutation(() => [RefreshRepositoryPayloadType], {
    description:
      'Loads the lists of all repositories, side by side, and answers what changed in each. One that fails does not stop the others: its task and its `error` say why. Needs the same permissions as `imageRepositories`.',
  })
  async refreshImageRepositories(): Promise<RefreshRepositoryPayloadType[]> {
    return this.service().refreshAll();
  }
}
