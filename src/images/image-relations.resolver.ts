import { Arg, FieldResolver, Resolver, Root } from 'type-graphql';
import { type ImageAction, ImageActionEnum } from './image.enums.js';
import { ImageActionVerdictType, ImageType } from './image.type.js';
import { ImageVerdicts } from './rules/image-verdicts.js';

/** `Image.actions`, for everybody who sees the image. */
@Resolver(() => ImageType)
export class ImageRelationsResolver {
  constructor(private readonly verdicts: ImageVerdicts) {}

  @FieldResolver(() => [ImageActionVerdictType], {
    description: 'For every action, whether you may do it to this image now, and if not why not: code and sentence are those that the mutation would answer with.',
  })
  async actions(
    @Root() image: ImageType,
    @Arg('datacenter', () => String, {
      nullable: true,
      description: 'Name of the datacenter to ATTACH to, DETACH from or USE it in; your current one when left out or null. Those verdicts are NOT_FOUND for one that you cannot see.',
    })
    datacenter?: string | null,
    @Arg('only', () => [ImageActionEnum], { nullable: true, description: 'Only these actions; all when left out or null. Fewer cost less.' })
    only?: ImageAction[] | null,
  ): Promise<ImageActionVerdictType[]> {
    return this.verdicts.of(image, { datacenter: datacenter ?? null, only: only ?? null });
  }
}
