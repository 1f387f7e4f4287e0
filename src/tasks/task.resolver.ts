import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, FieldResolver, ID, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type Connection, PageArgs } from '../platform/database/list/page.js';
import { DateTime } from '../platform/graphql/scalars.js';
import { connectionSelection } from '../platform/graphql/selection.js';
import { TaskActionEnum, TaskStatusEnum } from './task.enums.js';
import type { TaskAction, TaskStatus } from './task.states.js';
import { TaskCancelVerdictType, TaskConnection, TaskType, taskUuid } from './task.type.js';
import { TaskDatacenters } from './task-datacenters.js';
import { TaskQueries } from './task.queries.js';
import { TaskService } from './task.service.js';

/** The task log, and the mutation that cancels a task. */
@Resolver(() => TaskType)
export class TaskResolver {
  constructor(
    private readonly queries: TaskQueries,
    private readonly service: TaskService,
    private readonly datacenters: TaskDatacenters,
  ) {}

  @Query(() => TaskType, { nullable: true, description: 'One task, or null when there is none that you can see.' })
  async task(@Arg('id', () => ID, { description: 'Id of the task.' }) id: string): Promise<TaskType | null> {
    return this.queries.byId.load(taskUuid(id));
  }

  @Query(() => TaskConnection, {
    nullable: true,
    description:
      'Tasks, newest first: your own, those of datacenters where you hold ADMIN, and for a SuperAdmin all. Conditions that are given must all be met. Null with a NOT_FOUND error when you cannot see the datacenter.',
  })
  async tasks(
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
    @Arg('datacenter', () => String, {
      nullable: true,
      description: 'Name of a datacenter: only tasks that concern it. Every datacenter, and none, when left out or null.',
    })
    datacenter?: string | null,
    @Arg('image', () => String, {
      nullable: true,
      description: 'Name of an image, which may be gone: only tasks that concern it.',
    })
    imageName?: string | null,
    @Arg('repository', () => String, {
      nullable: true,
      description: 'Name of a repository: only tasks that concern it. FORBIDDEN for who may not use repositories.',
    })
    repository?: string | null,
    @Arg('user', () => String, { nullable: true, description: 'Username: only tasks that this user asked for.' })
    user?: string | null,
    @Arg('action', () => [TaskActionEnum], { nullable: true, description: 'One of these actions.' })
    action?: TaskAction[] | null,
    @Arg('status', () => [TaskStatusEnum], { nullable: true, description: 'One of these states.' })
    status?: TaskStatus[] | null,
    @Arg('createdAfter', () => DateTime, { nullable: true, description: 'Asked for later than this.' })
    createdAfter?: Date | null,
    @Arg('createdBefore', () => DateTime, { nullable: true, description: 'Asked for earlier than this.' })
    createdBefore?: Date | null,
  ): Promise<Connection<TaskType>> {
    const datacenterId = typeof datacenter === 'string' ? await this.datacenters.datacenterId(datacenter) : null;
    return this.queries.page({ datacenterId, imageName, repository, user, action, status, createdAfter, createdBefore }, page, connectionSelection(info));
  }

  @Mutation(() => TaskType, {
    description:
      'Calls off a task that is PENDING or RUNNING. One that waits for its turn is CANCELLED in the answer; a running one stops within two seconds and takes back what it has begun. Errors: NOT_FOUND when there is none that you can see, FORBIDDEN when you may see it but not call it off, TASK_NOT_CANCELLABLE when it has ended or can no longer be stopped.',
  })
  async cancelTask(@Arg('id', () => ID, { description: 'Id of the task.' }) id: string): Promise<TaskType> {
    return this.service.cancel(id);
  }

  @FieldResolver(() => TaskCancelVerdictType, { description: 'Whether you may cancel it now, and if not why not.' })
  cancel(@Root() task: TaskType): TaskCancelVerdictType {
    return this.service.cancelVerdict(task);
  }
}
