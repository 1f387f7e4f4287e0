import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { ImageQueries } from '../images/image.queries.js';
import { ImageType } from '../images/image.type.js';
import { notFound } from '../platform/errors.js';
import { type Connection, PageArgs } from '../platform/page.js';
import { HttpUrl, Uuid } from '../platform/scalars.js';
import { connectionSelection } from '../platform/selection.js';
import { ImageRepositoryType } from './image-repository.type.js';
import { manifestUrlOf } from './manifest-url.js';
import { RepositoryImageFilter, RepositoryImageOrder } from './repository-image.inputs.js';
import { RepositoryImageQueries } from './repository-image.queries.js';
import { RepositoryImageConnection, RepositoryImageType } from './repository-image.type.js';
import { RepositoryQueries } from './repository.queries.js';

/** Browsing what a repository offers. */
@Resolver(() => ImageRepositoryType)
export class RepositoryBrowseResolver {
  constructor(private readonly offered: RepositoryImageQueries) {}

  @FieldResolver(() => RepositoryImageConnection, {
    description:
      'The images it offers, as of the last successful load. Entries of the local repository that are in the catalogue already are shown to SuperAdmins only.',
  })
  async images(
    @Root() repository: ImageRepositoryType,
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('filter', () => RepositoryImageFilter, { nullable: true, description: 'Which images; all when left out.' })
    filter?: RepositoryImageFilter | null,
    @Arg('orderBy', () => RepositoryImageOrder, { nullable: true, description: 'How to sort; newest first when left out.' })
    orderBy?: RepositoryImageOrder | null,
  ): Promise<Connection<RepositoryImageType>> {
    return this.offered.page(repository, { page, filter, orderBy, selection: connectionSelection(info) });
  }

  @FieldResolver(() => RepositoryImageType, {
    nullable: true,
    description: 'One image that it offers, or null when `images` would not show it either.',
  })
  async image(
    @Root() repository: ImageRepositoryType,
    @Arg('uuid', () => Uuid, { description: 'UUID of the image.' }) uuid: string,
  ): Promise<RepositoryImageType | null> {
    return this.offered.one(repository, uuid);
  }
}

/** What an offered image belongs to and what became of it here. */
@Resolver(() => RepositoryImageType)
export class RepositoryImageResolver {
  constructor(
    private readonly repositories: RepositoryQueries,
    private readonly images: ImageQueries,
  ) {}

  @FieldResolver(() => ImageRepositoryType, { description: 'The repository that offers it.' })
  async repository(@Root() offered: RepositoryImageType): Promise<ImageRepositoryType> {
    const repository = offered.loadedRepository ?? (await this.repositories.byId.load(offered.repositoryId));
    if (repository === null) throw notFound('image repository', offered.repositoryUrl);
    return repository;
  }

  @FieldResolver(() => ImageType, {
    nullable: true,
    description:
      'The image of this cloud with the same UUID, however it came here; null when there is none, or none that you can see.',
  })
  async image(@Root() offered: RepositoryImageType): Promise<ImageType | null> {
    return offered.imageId === null ? null : this.images.byId.load(offered.imageId);
  }

  @FieldResolver(() => HttpUrl, { description: 'Where the repository serves its manifest; add `/file` for the bytes.' })
  manifestUrl(@Root() offered: RepositoryImageType): string {
    return manifestUrlOf(offered.repositoryUrl, offered.uuid);
  }
}
