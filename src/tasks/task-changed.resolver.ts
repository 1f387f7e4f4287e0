import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { GatewayContext, SubscriptionEvent } from '../access/request-container.js';
import { followChanges } from './changes/follow-changes.js';
import { EventDeduplication } from './changes/event-deduplication.js';
import { TaskQueries } from './task.queries.js';
import { TaskType, taskUuid } from './task.type.js';

interface Subscribed {
  args: { id?: string | null; image?: string | null };
  context: GatewayContext;
}

async function subscribeToTasks({ args, context }: Subscribed): Promise<AsyncIterable<SubscriptionEvent<TaskType>>> {
  const wanted = args.id ? taskUuid(args.id) : null;
  const deduplication = new EventDeduplication();
  return followChanges({
    context,
    type: 'task',
    admit: ({ viewer }) => void viewer,
    isWanted: (change) => (wanted === null || wanted === change.taskId) && (!args.image || args.image === change.imageName),
    show: async (change, now) => deduplication.unlessSent(await now.get(TaskQueries).byId.load(change.taskId)),
  });
}

/** The subscription to changes of tasks that the viewer can see. */
@Resolver()
export class TaskChangedResolver {
  @Subscription(() => TaskType, {
    subscribe: subscribeToTasks,
    description:
      'A task each time it is made, goes on or ends; progress in bytes is told in steps. Only tasks that you can see, now and at each event.',
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
