import { FieldResolver, Resolver, Root } from 'type-graphql';
import { UserQueries } from '../access/user.queries.js';
import { UserType } from '../access/user.type.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import { DatacenterType } from '../datacenters/datacenter.type.js';
import { ImageQueries } from './image.queries.js';
import { ImageActionVerdictType, ImageType } from './image.type.js';
import { ImageVerdicts } from './image-verdicts.js';

/** Whose an image is, where it is, and what the caller may do to it. For everybody who sees the image. */
@Resolver(() => ImageType)
export class ImageRelationsResolver {
  constructor(
    private readonly users: UserQueries,
    private readonly images: ImageQueries,
    private readonly places: DatacenterQueries,
    private readonly verdicts: ImageVerdicts,
  ) {}

  @FieldResolver(() => UserType, { description: 'Who can use it while it is PRIVATE.' })
  async owner(@Root() image: ImageType): Promise<UserType> {
    return image.loadedOwner ?? this.users.require(image.ownerId);
  }

  @FieldResolver(() => DatacenterType, {
    nullable: true,
    description:
      'The datacenter it is bound to, whose image admins manage it. Null when it is bound to none, or to one that you cannot see.',
  })
  async boundDatacenter(@Root() image: ImageType): Promise<DatacenterType | null> {
    if (image.loadedBoundDatacenter !== undefined) return image.loadedBoundDatacenter;
    return image.boundDatacenterId === null ? null : this.places.byId.load(image.boundDatacenterId);
  }

  @FieldResolver(() => [DatacenterType], {
    description: 'The datacenters it is attached to, by name; only those that you can see.',
  })
  async datacenters(@Root() image: ImageType): Promise<DatacenterType[]> {
    return image.loadedDatacenters ?? this.images.datacentersOf(image);
  }

  @FieldResolver(() => [ImageActionVerdictType], {
    description: 'For every action, whether you may do it to this image now, and if not why not.',
  })
  async actions(@Root() image: ImageType): Promise<ImageActionVerdictType[]> {
    return this.verdicts.all(image);
  }
}
