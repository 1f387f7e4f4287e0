import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { ImageType } from '../images/image.type.js';
import { notImplemented } from '../platform/errors.js';
import { type Connection, PageArgs } from '../platform/page.js';
import { HttpUrl, Uuid } from '../platform/scalars.js';
import { ImageRepositoryType } from './image-repository.type.js';
import { RepositoryImageFilter, RepositoryImageOrder } from './repository-image.inputs.js';
import { RepositoryImageConnection, RepositoryImageType } from './repository-image.type.js';

/** Browsing what a repository offers. */
@Resolver(() => ImageRepositoryType)
export class RepositoryBrowseResolver {
  @FieldResolver(() => RepositoryImageConnection, {
    description:
      'The images it offers, as of the last successful load. Entries of the local repository that are in the catalogue already are shown to SuperAdmins only.',
  })
  async images(
    @Root() _repository: ImageRepositoryType,
    @Args(() => PageArgs) _page: PageArgs,
    @Info() _info: GraphQLResolveInfo,
    @Arg('filter', () => RepositoryImageFilter, { nullable: true, description: 'Which images; all when left out.' })
    _filter?: RepositoryImageFilter | null,
    @Arg('orderBy', () => RepositoryImageOrder, { nullable: true, description: 'How to sort; newest first when left out.' })
    _orderBy?: RepositoryImageOrder | null,
  ): Promise<Connection<RepositoryImageType>> {
    throw notImplemented('ImageRepository.images');
  }

  @FieldResolver(() => RepositoryImageType, {
    nullable: true,
    description: 'One image that it offers, or null when `images` would not show it either.',
  })
  async image(
    @Root() _repository: ImageRepositoryType,
    @Arg('uuid', () => Uuid, { description: 'UUID of the image.' }) _uuid: string,
  ): Promise<RepositoryImageType | null> {
    throw notImplemented('ImageRepository.image');
  }
}

/** What an offered image belongs to and what became of it here. */
@Resolver(() => RepositoryImageType)
export class RepositoryImageResolver {
  @FieldResolver(() => ImageRepositoryType, { description: 'The repository that offers it.' })
  async repository(@Root() offered: RepositoryImageType): Promise<ImageRepositoryType> {
    if (offered.loadedRepository) {
      return offered.loadedRepository;
    }
    throw notImplemented('RepositoryImage.repository');
  }

  @FieldResolver(() => ImageType, {
    nullable: true,
    description:
      'The image of this cloud with the same UUID, however it came here; null when there is none, or none that you can see.',
  })
  async image(@Root() offered: RepositoryImageType): Promise<ImageType | null> {
    if (offered.loadedImage !== undefined) {
      return offered.loadedImage;
    }
    throw notImplemented('RepositoryImage.image');
  }

  @FieldResolver(() => HttpUrl, { description: 'Where the repository serves its manifest; add `/file` for the bytes.' })
  manifestUrl(@Root() offered: RepositoryImageType): string {
    return `${offered.repositoryUrl.replace(/\/+$/, '')}/images/${offered.uuid}`;
  }
}
