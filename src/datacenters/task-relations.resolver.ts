import { FieldResolver, Resolver, Root } from 'type-graphql';
import { UserQueries } from '../access/people/user.queries.js';
import { UserType } from '../access/people/user.type.js';
import { TaskType } from '../tasks/task.type.js';
import { DatacenterQueries } from './datacenter.queries.js';
import { DatacenterType } from './datacenter.type.js';

/** The user who started a task, and its datacenter. It is in this feature because `tasks` may not import datacenters. */
@Resolver(() => TaskType)
export class TaskRelationsResolver {
  constructor(
    private readonly users: UserQueries,
    private readonly datacenters: DatacenterQueries,
  ) {}

  @FieldResolver(() => UserType, {
    description: 'Who asked for it; `system` when the gateway started it by itself.',
  })
  async user(@Root() task: TaskType): Promise<UserType> {
    return this.users.require(task.userId);
  }

  @FieldResolver(() => DatacenterType, {
    nullable: true,
    description:
      'The datacenter it concerns. Null when it concerns none, when that one is gone, or when you cannot see it.',
  })
  async datacenter(@Root() task: TaskType): Promise<DatacenterType | null> {
    return task.datacenterId === null ? null : this.datacenters.byId.load(task.datacenterId);
  }
}
