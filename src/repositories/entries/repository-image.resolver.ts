import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { type Connection, PageArgs } from '../../platform/database/list/page.js';
import { Uuid } from '../../platform/graphql/scalars.js';
import { connectionSelection, objectSelection } from '../../platform/graphql/selection.js';
import { ImageRepositoryType } from '../image-repository.type.js';
import { RepositoryImageFilter, RepositoryImageOrder } from './repository-image.inputs.js';
import { RepositoryImageQueries } from './repository-image.queries.js';
import type { SelectedRepositoryImage } from './repository-image.statement.js';
import { RepositoryImageConnection, RepositoryImageType } from './repository-image.type.js';

/** The entries of a repository's list. */
@Resolver(() => ImageRepositoryType)
export class RepositoryImageResolver {
  constructor(private readonly entries: RepositoryImageQueries) {}

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
  ): Promise<Connection<SelectedRepositoryImage>> {
    return this.entries.page(repository, { page, filter, orderBy, selection: connectionSelection(info) });
  }

  @FieldResolver(() => RepositoryImageType, {
    nullable: true,
    description: 'One image that it offers, or null when `images` would not show it either.',
  })
  async image(
    @Root() repository: ImageRepositoryType,
    @Info() info: GraphQLResolveInfo,
    @Arg('uuid', () => Uuid, { description: 'UUID of the image.' }) uuid: string,
  ): Promise<SelectedRepositoryImage | null> {
    return this.entries.one(repository, uuid, objectSelection(info));
  }
}
