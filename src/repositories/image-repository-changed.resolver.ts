import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import type { GatewayContext, RequestContainer, SubscriptionEvent } from '../access/request-container.js';
import type { RepositoryChange } from '../tasks/changes/change.js';
import type { Presenter } from '../tasks/changes/change-stream.js';
import { followChanges } from '../tasks/changes/follow-changes.js';
import { ImageRepositoryType } from './image-repository.type.js';
import { RepositoryQueries } from './repository.queries.js';

interface Subscribed {
  args: { name?: string | null };
  context: GatewayContext;
}

/** Shows repositories as they are when an event is sent. */
class RepositoryPresenter implements Presenter<'repository', ImageRepositoryType> {
  readonly type = 'repository';

  constructor(private readonly name: string | null | undefined) {}

  async admit({ viewer }: RequestContainer): Promise<null> {
    viewer.demand('repository.use');
    return null;
  }

  isWanted(): boolean {
    return true;
  }

  async show([change]: readonly RepositoryChange[], container: RequestContainer): Promise<ImageRepositoryType | null> {
    const repository = change === undefined ? null : await container.get(RepositoryQueries).byId.load(change.repositoryId);
    return repository !== null && (!this.name || this.name === repository.name) ? repository : null;
  }

  forgetShown(): void {}

  fork(): RepositoryPresenter {
    return new RepositoryPresenter(this.name);
  }
}

async function subscribeToRepositories({ args, context }: Subscribed): Promise<AsyncIterable<SubscriptionEvent<ImageRepositoryType>>> {
  return followChanges(context, new RepositoryPresenter(args.name));
}

/** Announces to viewers who may import when a refresh starts or ends. */
@Resolver()
export class ImageRepositoryChangedResolver {
  @Subscription(() => ImageRepositoryType, {
    subscribe: subscribeToRepositories,
    description:
      'A repository each time a load of it starts or ends, or its settings change. Needs the same permissions as `imageRepositories`, now and at each event; ends with FORBIDDEN or UNAUTHENTICATED when they are taken away, with RATE_LIMITED when your budget is spent, and with SLOW_READER when events are lost for good: then read the repositories again. That a repository was removed is not told.',
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
