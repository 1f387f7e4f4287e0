import { FieldResolver, Resolver, Root } from 'type-graphql';
import { ImageType } from '../images/image.type.js';
import { notImplemented } from '../platform/errors.js';
import { TaskType } from '../tasks/task.type.js';
import { ImageRepositoryType } from './image-repository.type.js';

/** Which repository an image came from. */
@Resolver(() => ImageType)
export class ImageSourceResolver {
  @FieldResolver(() => ImageRepositoryType, {
    nullable: true,
    description:
      'The repository it was imported from; null when it came another way or the repository is no longer configured. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async repository(@Root() _image: ImageType): Promise<ImageRepositoryType | null> {
    throw notImplemented('Image.repository');
  }
}

/** Which repository a task loads or imports from. */
@Resolver(() => TaskType)
export class TaskRepositoryResolver {
  @FieldResolver(() => ImageRepositoryType, {
    nullable: true,
    description:
      'The repository it concerns; null when it concerns none, when that one is no longer configured, or when you may not see repositories.',
  })
  async repository(@Root() _task: TaskType): Promise<ImageRepositoryType | null> {
    throw notImplemented('Task.repository');
  }
}
