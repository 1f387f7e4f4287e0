import { Directive, Field, Int, ObjectType } from 'type-graphql';
import type { UserType } from '../access/people/user.type.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import { connectionType } from '../platform/database/list/page.js';
import type { ErrorCode } from '../platform/error-codes.js';
import { ErrorCodeEnum } from '../platform/graphql/error-code.enum.js';
import { uuidIds } from '../platform/graphql/global-id.js';
import { NodeType } from '../platform/graphql/node.type.js';
import { ByteSize, DateTime, Json } from '../platform/graphql/scalars.js';
import { TaskActionEnum, TaskPhaseEnum, TaskStatusEnum } from './task.enums.js';
import type { TaskAction, TaskPhase, TaskStatus } from './task.states.js';

/** The ids that the graph shows of tasks. */
export const TASK_IDS = uuidIds('Task');

/** The UUID of the task with this id. Callers may also give the UUID itself, which was the id before version 1.0. */
export function taskUuid(id: string): string {
  return TASK_IDS.decode(id) ?? id;
}

/** A task as the API shows it. A `loaded…` property is undefined when it was not loaded; null is a value. */
@ObjectType('Task', {
  simpleResolvers: true,
  implements: NodeType,
  description:
    'A piece of work and its entry in the log. Whoever asked for it can see it, and so can the admins of its datacenter and SuperAdmins.',
})
@Directive('@key(fields: "id")')
export class TaskType {
  userId!: number;
  datacenterId!: number | null;
  imageId!: number | null;
  repositoryId!: number | null;
  loadedUser?: UserType;
  loadedDatacenter?: DatacenterType | null;

  /** The UUID of the row. */
  id!: string;

  @Field(() => TaskActionEnum, { description: 'What it does.' })
  action!: TaskAction;

  @Field(() => TaskStatusEnum, { description: 'How it stands.' })
  status!: TaskStatus;

  @Field(() => TaskPhaseEnum, { description: 'Which step it is at.' })
  phase!: TaskPhase;

  @Field(() => ByteSize, { nullable: true, description: 'Bytes taken in so far; null for a task that moves none.' })
  bytesDone!: number | null;

  @Field(() => ByteSize, {
    nullable: true,
    description: 'Bytes to take in altogether; null for a task that moves none, and while that is unknown.',
  })
  bytesTotal!: number | null;

  @Field(() => Int, { description: 'How often it was begun; more than 1 after a restart or a failure that passes.' })
  attempts!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the image it concerns, also when that is gone; null when it concerns none.',
  })
  imageName!: string | null;

  @Field(() => Json, {
    description: 'What is particular to its action: changed fields, URLs, skipped entries.',
  })
  detail!: unknown;

  @Field(() => ErrorCodeEnum, {
    nullable: true,
    description: 'Why it did not succeed, such as CHECKSUM_MISMATCH or CANCELLED; null while it goes on, and when it SUCCEEDED.',
  })
  errorCode!: ErrorCode | null;

  @Field(() => String, { nullable: true, description: 'Why it failed, as a sentence; null unless it FAILED.' })
  error!: string | null;

  @Field(() => [String], { description: 'What may surprise in its result, one sentence each, such as a file that is not what its manifest says.' })
  warnings!: string[];

  @Field(() => DateTime, { description: 'When it was asked for.' })
  createdAt!: Date | number;

  @Field(() => DateTime, { nullable: true, description: 'When it was begun; null: not yet.' })
  startedAt!: Date | number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it ended, however it did; null: not yet.' })
  finishedAt!: Date | number | null;
}

/** Whether the viewer may cancel one task. */
@ObjectType('TaskCancelVerdict', {
  simpleResolvers: true,
  description: 'Whether you may cancel a task now. `cancelTask` itself would answer the same.',
})
export class TaskCancelVerdictType {
  @Field(() => Boolean, { description: 'Whether you may.' })
  allowed!: boolean;

  @Field(() => ErrorCodeEnum, { nullable: true, description: 'The error code you would get, FORBIDDEN or TASK_NOT_CANCELLABLE; null when you may.' })
  code!: ErrorCode | null;

  @Field(() => String, { nullable: true, description: 'A sentence of why not, for people; null when you may.' })
  reason!: string | null;
}

/** One page of tasks. */
export const TaskConnection = connectionType('Task', () => TaskType, 'A page of the tasks that you can see.');
