import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Info, Query, Resolver } from 'type-graphql';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { Connection } from '../platform/database/list/page.js';
import { connectionSelection, objectSelection } from '../platform/graphql/selection.js';
import { Uuid } from '../platform/graphql/scalars.js';
import { ImageListArgs } from './list/image.inputs.js';
import { ImageQueries } from './image.queries.js';
import { ImageConnection, ImageType, type SelectedImage } from './image.type.js';
import type { ImageListRequest } from './list/list-images.js';

function requestOf(list: ImageListArgs, info: GraphQLResolveInfo): ImageListRequest {
  return { page: list, filter: list.filter, orderBy: list.orderBy, selection: connectionSelection(info) };
}

/** The queries for images: those to manage, and those to use. */
@Resolver(() => ImageType)
export class ImageResolver {
  constructor(
    private readonly imageQueries: ImageQueries,
    private readonly datacenters: DatacenterQueries,
  ) {}

  @Query(() => ImageType, {
    nullable: true,
    description:
      'One image, by exactly one of `name` and `uuid` (else BAD_USER_INPUT); null when there is none that you can see.',
  })
  async image(
    @Info() info: GraphQLResolveInfo,
    @Arg('name', () => String, { nullable: true, description: 'Exact name.' }) name?: string | null,
    @Arg('uuid', () => Uuid, { nullable: true, description: 'UUID of the image.' }) uuid?: string | null,
  ): Promise<SelectedImage | null> {
    return this.imageQueries.select(name, uuid, objectSelection(info));
  }

  @Query(() => ImageConnection, {
    nullable: true,
    description:
      'The images to manage: all that are attached to a datacenter, bound to it or not. Needs ADMIN there, or a SuperAdmin; else null with a FORBIDDEN error. Null with a NOT_FOUND error when you cannot see the datacenter.',
  })
  async images(
    @Args(() => ImageListArgs) list: ImageListArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('datacenter', () => String, {
      nullable: true,
      description: 'Name of the datacenter; your current one when left out or null.',
    })
    datacenter?: string | null,
    @Arg('showAll', () => Boolean, {
      nullable: true,
      defaultValue: false,
      description:
        'Instead of one datacenter, every one where you hold ADMIN; for a SuperAdmin every image, also those attached nowhere.',
    })
    showAll?: boolean | null,
    @Arg('showDeleted', () => Boolean, {
      nullable: true,
      defaultValue: false,
      description:
        'Adds images whose access is DELETED: those bound to a datacenter where you hold ADMIN and IMAGE_ADMIN; for a SuperAdmin all.',
    })
    showDeleted?: boolean | null,
  ): Promise<Connection<SelectedImage>> {
    const request = requestOf(list, info);
    if (showAll === true) {
      if (typeof datacenter === 'string') await this.datacenters.require(datacenter);
      return this.imageQueries.everywhere(showDeleted === true, request);
    }
    return this.imageQueries.ofDatacenter(await this.datacenters.require(datacenter), showDeleted === true, request);
  }

  @Query(() => ImageConnection, {
    nullable: true,
    description:
      'The images that you can choose for a new server in a datacenter: attached to it, OK, and PUBLIC or your own; for a SuperAdmin also the PRIVATE ones of others. Null with a NOT_FOUND error when you cannot see the datacenter.',
  })
  async usableImages(
    @Args(() => ImageListArgs) list: ImageListArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('datacenter', () => String, {
      nullable: true,
      description: 'Name of the datacenter; your current one when left out or null.',
    })
    datacenter?: string | null,
  ): Promise<Connection<SelectedImage>> {
    return this.imageQueries.usableIn(await this.datacenters.require(datacenter), requestOf(list, info));
  }
}
