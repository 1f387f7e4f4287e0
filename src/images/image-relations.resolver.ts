import { FieldResolver, Resolver, Root } from 'type-graphql';
import { ImageActionVerdictType, ImageType } from './image.type.js';
import { ImageVerdicts } from './rules/image-verdicts.js';

/** `Image.actions`, for everybody who sees the image. */
@Resolver(() => ImageType)
export class ImageRelationsResolver {
  constructor(private readonly verdicts: ImageVerdicts) {}

  @FieldResolver(() => [ImageActionVerdictType], {
    description: 'For every action, whether you may do it to this image now, and if not why not.',
  })
  async actions(@Root() image: ImageType): Promise<ImageActionVerdictType[]> {
    return this.verdicts.all(image);
  }
}
