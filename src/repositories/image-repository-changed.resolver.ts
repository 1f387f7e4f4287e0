import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import type { GatewayContext, SubscriptionEvent } from '../access/request-container.js';
import { followChanges } from '../tasks/changes/follow-changes.js';
import { ImageRepositoryType } from './image-repository.type.js';
import { RepositoryQueries } from './repository.queries.js';

interface Subscribed {
  args: { name?: string | null };
  context: GatewayContext;
}

async function subscribeToRepositories({ args, context }: Subscribed): Promise<AsyncIterable<SubscriptionEvent<ImageRepositoryType>>> {
  return followChanges({
    context,
    type: 'repository',
    admit: ({ viewer }) => viewer.demand('repository.use'),
    isWanted: () => true,
    show: async (change, now) => {
      const repository = await now.get(RepositoryQueries).byId.load(change.repositoryId);
      return repository !== null && (!args.name || args.name === repository.name) ? repository : null;
    },
  });
}

/** Announces to viewers who may import when a refresh starts or ends. */
@Resolver()
export class ImageRepositoryChangedResolver {
  @Subscription(() => ImageRepositoryType, {
    subscribe: subscribeToRepositories,
    description:
      'A repository each time a load of it starts or ends, or its settings change. Needs the same permissions as `imageRepositories`, now and at each event; ends with FORBIDDEN or UNAUTHENTICATED when they are taken away.',
  })
  imageRepositoryChanged(
    @Root() event: SubscriptionEvent<ImageRepositoryType>,
    @Arg('name', () => String, {
      nullable: true,
      description: 'Only this repository; all of them when left out or null.',
    })
    _name?: string | null,
  ): ImageRepositoryType {
    return event.payload;
  }
}
