import type { GraphQLResolveInfo } from 'graphql';
import { Args, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { type Connection, PageArgs } from '../../platform/database/list/page.js';
import { connectionSelection } from '../../platform/graphql/selection.js';
import { ImageQueries } from '../image.queries.js';
import { ImageConnection, ImageType, type SelectedImage } from '../image.type.js';
import { ImageChildren } from './image-children.js';

/** The base of an image and its children; only viewers who may inspect the image see them. */
@Resolver(() => ImageType)
export class ImageBasesResolver {
  constructor(
    private readonly images: ImageQueries,
    private readonly childrenOf: ImageChildren,
  ) {}

  @FieldResolver(() => ImageType, {
    nullable: true,
    description:
      'The base image it builds on, which compute nodes install first; null when it stands alone, or when you cannot see its base. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async origin(@Root() image: ImageType): Promise<ImageType | null> {
    await this.images.demandInspect(image);
    return image.originUuid === null ? null : this.images.byUuid.load(image.originUuid);
  }

  @FieldResolver(() => ImageConnection, {
    nullable: true,
    description:
      'The images that build on it, by name, with any access; only those that you can see. While there are any, also such as you cannot see, it cannot be deleted. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async children(
    @Root() image: ImageType,
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection<SelectedImage> | null> {
    await this.images.demandInspect(image);
    return this.childrenOf.page(image.uuid, page, connectionSelection(info));
  }
}
