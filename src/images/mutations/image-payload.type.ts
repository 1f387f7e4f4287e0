import { Field, ID, ObjectType } from 'type-graphql';
import { DatacenterType } from '../../datacenters/datacenter.type.js';
import { Uuid } from '../../platform/graphql/scalars.js';
import { TaskType } from '../../tasks/task.type.js';
import { ImageType } from '../image.type.js';

/** The payload of most image mutations, sent while the task may still be running. */
@ObjectType('ImageTaskPayload', {
  simpleResolvers: true,
  description:
    'An image and the task that works on it. Without an image server the image is OK and the task SUCCEEDED already.',
})
export class ImageTaskPayloadType {
  @Field(() => ImageType, { description: 'The image, PENDING until the task has ended.' })
  image!: ImageType;

  @Field(() => TaskType, { description: 'The task to watch.' })
  task!: TaskType;

  @Field(() => [String], {
    description:
      'What you should know although it was no error, such as that there is no image server and so no file. Mostly empty; with `dryRun`, everything that would happen.',
  })
  warnings!: string[];
}

/** The payload of a deletion, which has no image to show any more. */
@ObjectType('DeleteImagePayload', {
  simpleResolvers: true,
  description: 'What was deleted, or is being deleted while the task runs.',
})
export class DeleteImagePayloadType {
  @Field(() => ID, {
    nullable: true,
    description: 'The `id` that the image had, by which a client takes it out of its cache; null with `dryRun`, which deletes nothing.',
  })
  deletedImageId!: string | null;

  @Field(() => String, { description: 'Name of the image.' })
  name!: string;

  @Field(() => Uuid, { description: 'UUID of the image.' })
  uuid!: string;

  @Field(() => TaskType, { description: 'The task to watch; the image is gone once it has SUCCEEDED.' })
  task!: TaskType;

  @Field(() => [String], {
    description: 'What you should know although it was no error; with `dryRun`, everything that would happen.',
  })
  warnings!: string[];
}

/** The payload of attaching and detaching. */
@ObjectType('AttachImagePayload', {
  simpleResolvers: true,
  description: 'An image that was attached to a datacenter or detached from it.',
})
export class AttachImagePayloadType {
  @Field(() => ImageType, { description: 'The image after the change.' })
  image!: ImageType;

  @Field(() => DatacenterType, { description: 'The datacenter it was attached to or detached from.' })
  datacenter!: DatacenterType;

  @Field(() => Boolean, {
    description: 'Whether it was bound to a datacenter before: attaching and detaching both end a binding.',
  })
  bindingRemoved!: boolean;

  @Field(() => TaskType, { description: 'The log entry of the change, which is already done.' })
  task!: TaskType;

  @Field(() => [String], {
    description: 'What you should know although it was no error; with `dryRun`, everything that would happen.',
  })
  warnings!: string[];
}
