import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';
import type { UserType } from '../access/people/user.type.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import { connectionType } from '../platform/database/list/page.js';
import { ByteSize, DateTime, Json } from '../platform/graphql/scalars.js';
import { TaskActionEnum, TaskPhaseEnum, TaskStatusEnum } from './task.enums.js';
import type { TaskAction, TaskPhase, TaskStatus } from './task.states.js';

/** A task as the API shows it. A `loaded…` property is undefined when it was not loaded; null is a value. */
@ObjectType('Task', {
  simpleResolvers: true,
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

  @Field(() => ID, { description: 'Its id, to watch or cancel it by.' })
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

  @Field(() => String, {
    nullable: true,
    description: 'Why it failed, as one of the codes that errors have, such as CHECKSUM_MISMATCH; null unless it FAILED.',
  })
  errorCode!: string | null;

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

  @Field(() => String, { nullable: true, description: 'The error code you would get, FORBIDDEN or TASK_NOT_CANCELLABLE; null when you may.' })
  code!: string | null;

  @Field(() => String, { nullable: true, description: 'A sentence of why not, for people; null when you may.' })
  reason!: string | null;
}

/** One page of tasks. */
export const TaskConnection = connectionType('Task', () => TaskType, 'A page of the tasks that you can see.');
