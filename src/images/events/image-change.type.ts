import { Field, ID, ObjectType } from 'type-graphql';
import { Uuid } from '../../platform/graphql/scalars.js';
import { type ChangeKind, ChangeKindEnum } from '../image.enums.js';
import { ImageType } from '../image.type.js';

/** One event of the subscription, with what its viewer may see. */
@ObjectType('ImageChange', {
  simpleResolvers: true,
  description: 'Tells that something happened to an image, or that it came into your sight or left it.',
})
export class ImageChangeType {
  @Field(() => ChangeKindEnum, { description: 'What happened.' })
  kind!: ChangeKind;

  @Field(() => String, { description: 'Name of the image; also told when it is gone or hidden.' })
  name!: string;

  @Field(() => Uuid, { description: 'UUID of the image; also told when it is gone or hidden: the key to find it by.' })
  uuid!: string;

  @Field(() => ID, { description: 'The `id` of the image; also told when it is gone or hidden, so that a client can take it out of its cache.' })
  imageId!: string;

  @Field(() => ImageType, { nullable: true, description: 'The image as it is now; null when it is gone (DELETED) or you can no longer see it (HIDDEN).' })
  image!: ImageType | null;
}
