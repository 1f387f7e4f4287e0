import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import type { GatewayContext, ScopedEvent } from '../access/scope.js';
import { END_OF_STREAM, filterMap } from '../platform/filter-map.js';
import { ChangeBus } from '../tasks/change-bus.js';
import { ImageRepositoryType } from './image-repository.type.js';
import { RepositoryQueries } from './repository.queries.js';

interface Subscribed {
  args: { name?: string | null };
  context: GatewayContext;
}

function subscribeToRepositories({ args, context: { scope } }: Subscribed): AsyncIterable<ScopedEvent<ImageRepositoryType>> {
  scope.viewer.demand('repository.use');
  return filterMap(scope.get(ChangeBus).listen('repository'), async (change) => {
    const now = await scope.renew();
    if (now === null || !now.viewer.can('repository.use').allowed) return END_OF_STREAM;
    const payload = await now.get(RepositoryQueries).byId.load(change.repositoryId);
    const isWanted = payload !== null && (!args.name || args.name === payload.name);
    return isWanted ? { scope: now, payload } : null;
  });
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
    @Root() event: ScopedEvent<ImageRepositoryType>,
    @Arg('name', () => String, {
      nullable: true,
      description: 'Only this repository; all of them when left out or null.',
    })
    _name?: string | null,
  ): ImageRepositoryType {
    return event.payload;
  }
}
