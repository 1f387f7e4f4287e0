import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { GatewayContext, RequestContainer, SubscriptionEvent } from '../access/request-container.js';
import type { TaskChange } from './changes/change.js';
import type { Presenter } from './changes/change-stream.js';
import { followChanges } from './changes/follow-changes.js';
import { EventDeduplication } from './changes/event-deduplication.js';
import { TaskQueries } from './task.queries.js';
import { TaskType, taskUuid } from './task.type.js';

interface Subscribed {
  args: { id?: string | null; image?: string | null };
  context: GatewayContext;
}

/** Shows tasks as they are when an event is sent, each state once. */
class TaskPresenter implements Presenter<'task', TaskType> {
  readonly type = 'task';
  #deduplication = new EventDeduplication();

  readonly #taskId: string | null;

  constructor(private readonly wanted: Subscribed['args']) {
    this.#taskId = wanted.id ? taskUuid(wanted.id) : null;
  }

  /** Whoever is signed in may follow tasks; `show` decides which. */
  async admit(): Promise<null> {
    return null;
  }

  isWanted({ taskId, imageName }: TaskChange): boolean {
    const { image } = this.wanted;
    return (this.#taskId === null || this.#taskId === taskId) && (!image || image === imageName);
  }

  async show([change]: readonly TaskChange[], container: RequestContainer): Promise<TaskType | null> {
    return change === undefined ? null : this.#deduplication.unlessSent(await container.get(TaskQueries).byId.load(change.taskId));
  }

  forgetShown(): void {
    this.#deduplication = new EventDeduplication();
  }

  fork(): TaskPresenter {
    return new TaskPresenter(this.wanted);
  }
}

async function subscribeToTasks({ args, context }: Subscribed): Promise<AsyncIterable<SubscriptionEvent<TaskType>>> {
  return followChanges(context, new TaskPresenter(args));
}

/** The subscription to changes of tasks that the viewer can see. */
@Resolver()
export class TaskChangedResolver {
  @Subscription(() => TaskType, {
    subscribe: subscribeToTasks,
    description:
      'A task each time it is made, goes on or ends; progress in bytes is told in steps, and steps that follow each other faster than they are told are told as one, with the present state. Only tasks that you can see, now and at each event; that a task left your sight is not told. Ends with UNAUTHENTICATED when your sign-in does, with RATE_LIMITED when your budget does, and with SLOW_READER when events are lost for good: then read the tasks again.',
  })
  taskChanged(
    @Root() event: SubscriptionEvent<TaskType>,
    @Arg('id', () => ID, { nullable: true, description: 'Only this task; every one when left out or null.' })
    _id?: string | null,
    @Arg('image', () => String, {
      nullable: true,
      description: 'Only tasks that concern the image of this name; any or none when left out or null.',
    })
    _image?: string | null,
  ): TaskType {
    return event.payload;
  }
}
