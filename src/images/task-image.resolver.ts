import { FieldResolver, Resolver, Root } from 'type-graphql';
import { TaskType } from '../tasks/task.type.js';
import { ImageQueries } from './image.queries.js';
import { ImageType } from './image.type.js';

/** `Task.image`. It is here because src/tasks imports no feature. */
@Resolver(() => TaskType)
export class TaskImageResolver {
  constructor(private readonly images: ImageQueries) {}

  @FieldResolver(() => ImageType, {
    nullable: true,
    description:
      'The image it concerns. Null when it concerns none, when that one is gone, or when you cannot see it; `imageName` remains.',
  })
  async image(@Root() task: TaskType): Promise<ImageType | null> {
    if (task.imageId === null) {
      return null;
    }
    return this.images.byId.load(task.imageId);
  }
}
