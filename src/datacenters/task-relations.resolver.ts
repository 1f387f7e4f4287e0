import { FieldResolver, Resolver, Root } from 'type-graphql';
import { UserType } from '../access/user.type.js';
import { notImplemented } from '../platform/errors.js';
import { TaskType } from '../tasks/task.type.js';
import { DatacenterType } from './datacenter.type.js';

/** Who started a task and where. It lives here because this is the lowest feature that may name both. */
@Resolver(() => TaskType)
export class TaskRelationsResolver {
  @FieldResolver(() => UserType, {
    description: 'Who asked for it; `system` when the gateway started it by itself.',
  })
  async user(@Root() task: TaskType): Promise<UserType> {
    if (task.loadedUser) {
      return task.loadedUser;
    }
    throw notImplemented('Task.user');
  }

  @FieldResolver(() => DatacenterType, {
    nullable: true,
    description:
      'The datacenter it concerns. Null when it concerns none, when that one is gone, or when you cannot see it.',
  })
  async datacenter(@Root() task: TaskType): Promise<DatacenterType | null> {
    if (task.loadedDatacenter !== undefined) {
      return task.loadedDatacenter;
    }
    throw notImplemented('Task.datacenter');
  }
}
