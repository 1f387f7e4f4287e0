import { FieldResolver, Resolver, Root } from 'type-graphql';
import { ImageQueries } from '../../images/image.queries.js';
import { ImageType } from '../../images/image.type.js';
import { TaskType } from '../../tasks/task.type.js';
import { ImageRepositoryType } from '../image-repository.type.js';
import { RepositoryQueries } from '../repository.queries.js';

/** The repository that an image was imported from. */
@Resolver(() => ImageType)
export class ImageSourceResolver {
  constructor(
    private readonly repositories: RepositoryQueries,
    private readonly images: ImageQueries,
  ) {}

  @FieldResolver(() => ImageRepositoryType, {
    nullable: true,
    description:
      'The repository it was imported from; null when it came another way or the repository is no longer configured. Needs ADMIN in a datacenter of the image, or a SuperAdmin; else null with a FORBIDDEN error.',
  })
  async repository(@Root() image: ImageType): Promise<ImageRepositoryType | null> {
    await this.images.demandInspect(image);
    return image.repositoryId === null ? null : this.repositories.byId.load(image.repositoryId);
  }
}

/** The repository that a task refreshes or imports from. */
@Resolver(() => TaskType)
export class TaskRepositoryResolver {
  constructor(private readonly repositories: RepositoryQueries) {}

  @FieldResolver(() => ImageRepositoryType, {
    nullable: true,
    description:
      'The repository it concerns; null when it concerns none, when that one is no longer configured, or when you may not see repositories.',
  })
  async repository(@Root() task: TaskType): Promise<ImageRepositoryType | null> {
    return this.repositories.visibleById(task.repositoryId);
  }
}
