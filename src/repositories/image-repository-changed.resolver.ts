import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import { notImplemented } from '../platform/errors.js';
import { ImageRepositoryType } from './image-repository.type.js';

function subscribeToRepositories(): AsyncIterable<ImageRepositoryType> {
  throw notImplemented('imageRepositoryChanged');
}

/** Tells those who may import of loads as they start and end. */
@Resolver()
export class ImageRepositoryChangedResolver {
  @Subscription(() => ImageRepositoryType, {
    subscribe: subscribeToRepositories,
    description:
      'A repository each time a load of it starts or ends, or its settings change. Needs the same permissions as `imageRepositories`, now and at each event.',
  })
  imageRepositoryChanged(
    @Root() changed: ImageRepositoryType,
    @Arg('name', () => String, {
      nullable: true,
      description: 'Only this repository; all of them when left out or null.',
    })
    _name?: string | null,
  ): ImageRepositoryType {
    return changed;
  }
}
