import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, Info, Int, Resolver, Root } from 'type-graphql';
import { DatacenterType } from '../../datacenters/datacenter.type.js';
import type { Connection } from '../../platform/database/list/page.js';
import { connectionSelection } from '../../platform/graphql/selection.js';
import { ImageListArgs } from './image.inputs.js';
import { ImageQueries } from '../image.queries.js';
import type { ImageListRequest } from './list-images.js';
import { ImageConnection, type SelectedImage } from '../image.type.js';

function requestOf({ filter, orderBy, ...page }: ImageListArgs): Pick<ImageListRequest, 'page' | 'filter' | 'orderBy'> {
  return { page, filter, orderBy };
}

/** The fields of `Datacenter` about its images. */
@Resolver(() => DatacenterType)
export class DatacenterImagesResolver {
  constructor(private readonly queries: ImageQueries) {}

  @FieldResolver(() => ImageConnection, {
    nullable: true,
    description: 'The images attached to it, bound or not. Needs ADMIN there, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async images(
    @Root() datacenter: DatacenterType,
    @Args(() => ImageListArgs) list: ImageListArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('showDeleted', () => Boolean, {
      nullable: true,
      defaultValue: false,
      description:
        'Adds images whose access is DELETED: those bound to it, if you hold ADMIN and IMAGE_ADMIN there; for a SuperAdmin all.',
    })
    showDeleted?: boolean | null,
  ): Promise<Connection<SelectedImage>> {
    return this.queries.ofDatacenter(datacenter, showDeleted === true, { ...requestOf(list), selection: connectionSelection(info) });
  }

  @FieldResolver(() => ImageConnection, {
    description:
      'The images that you can choose for a new server in it: attached, OK, and PUBLIC or your own; for a SuperAdmin also the PRIVATE ones of others.',
  })
  async usableImages(
    @Root() datacenter: DatacenterType,
    @Args(() => ImageListArgs) list: ImageListArgs,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection<SelectedImage>> {
    return this.queries.usableIn(datacenter, { ...requestOf(list), selection: connectionSelection(info) });
  }

  @FieldResolver(() => Int, {
    description: 'How many images attached to it you can see, those with access DELETED left out.',
  })
  async imageCount(@Root() datacenter: DatacenterType): Promise<number> {
    return this.queries.imageCount.load(datacenter.id);
  }

  @FieldResolver(() => Int, {
    description:
      'How many images are bound to it, with any access and status; VMS_IMAGE_LIMIT is compared with this number.',
  })
  async boundImageCount(@Root() datacenter: DatacenterType): Promise<number> {
    return this.queries.boundImageCount.load(datacenter.id);
  }
}
