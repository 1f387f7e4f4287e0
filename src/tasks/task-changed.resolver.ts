import { Arg, ID, Resolver, type ResolverData, Root, Subscription } from 'type-graphql';
import type { GatewayContext, ScopedEvent } from '../access/scope.js';
import { ChangeBus } from './change-bus.js';
import { TaskQueries } from './task.queries.js';
import { TaskType } from './task.type.js';

interface TaskChangedArgs {
  id?: string | null;
  image?: string | null;
}

async function* visibleChanges(
  { scope }: GatewayContext,
  args: TaskChangedArgs,
  changes: ReturnType<typeof listenToTasks>,
): AsyncGenerator<ScopedEvent<TaskType>> {
  for await (const change of changes) {
    if (args.id && args.id !== change.taskId) continue;
    if (args.image && args.image !== change.imageName) continue;
    const now = await scope.renew();
    if (now === null) return;
    const task = await now.get(TaskQueries).byId.load(change.taskId);
    if (task !== null) yield { scope: now, payload: task };
  }
}

function listenToTasks(bus: ChangeBus) {
  return bus.listen('task');
}

function subscribeToTasks({ args, context }: ResolverData<GatewayContext>): AsyncIterable<ScopedEvent<TaskType>> {
  void context.scope.viewer;
  return visibleChanges(context, args, listenToTasks(context.scope.get(ChangeBus)));
}

/** Tells those who can see a task how it goes on. */
@Resolver()
export class TaskChangedResolver {
  @Subscription(() => TaskType, {
    subscribe: subscribeToTasks,
    description:
      'A task each time it is made, goes on or ends; progress in bytes is told in steps. Only tasks that you can see, now and at each event.',
  })
  taskChanged(
    @Root() event: ScopedEvent<TaskType>,
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
