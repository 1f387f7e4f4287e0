import { defineEntity, p } from '@mikro-orm/core';
import { User } from '../access/people/user.entity.js';
import { Datacenter } from '../datacenters/datacenter.entity.js';
import { Image } from '../images/image.entity.js';
import { BytesType, InstantType, JsonTextType } from '../platform/database/column-types.js';
import { ImageRepository } from '../repositories/image-repository.entity.js';
import { TASK_ACTIONS, TASK_PHASES, TASK_STATUS } from './task.states.js';

const TaskSchema = defineEntity({
  name: 'Task',
  tableName: 'task',
  properties: {
    id: p.string().length(36).primary(),
    action: p.enum(TASK_ACTIONS),
    status: p.enum(TASK_STATUS).default('PENDING'),
    phase: p.enum(TASK_PHASES).default('QUEUED'),
    bytesDone: p.type(BytesType).$type<number>().nullable(),
    bytesTotal: p.type(BytesType).$type<number>().nullable(),
    attempts: p.integer().default(0),
    cancelRequested: p.boolean().default(false),
    // Which process runs it, and until when by the clock of the database: see TaskClaims.
    claimedBy: p.string().length(36).nullable(),
    claimedUntil: p.type(BytesType).$type<number>().nullable(),
    user: () => p.manyToOne(User).ref().deleteRule('no action'),
    datacenter: () => p.manyToOne(Datacenter).ref().nullable().deleteRule('set null'),
    image: () => p.manyToOne(Image).ref().nullable().deleteRule('set null'),
    imageName: p.string().length(32).nullable(),
    repository: () => p.manyToOne(ImageRepository).ref().nullable().deleteRule('set null').index(false),
    detail: p.type(JsonTextType<Record<string, unknown>>).$type<Record<string, unknown>>(),
    instructions: p.type(JsonTextType<Record<string, unknown>>).$type<Record<string, unknown>>(),
    errorCode: p.string().length(64).nullable(),
    error: p.text().nullable(),
    warnings: p.type(JsonTextType<string[]>).$type<string[]>().nullable(),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
    startedAt: p.type(InstantType).$type<Date>().nullable(),
    finishedAt: p.type(InstantType).$type<Date>().nullable(),
  },
  indexes: [
    { name: 'task_created_at_index', properties: ['createdAt', 'id'] },
    { name: 'task_user_index', properties: ['user', 'createdAt'] },
    { name: 'task_datacenter_index', properties: ['datacenter', 'createdAt'] },
    { name: 'task_image_index', properties: ['image', 'createdAt'] },
    { name: 'task_image_name_index', properties: ['imageName', 'createdAt'] },
    { name: 'task_repository_index', properties: ['repository', 'createdAt'] },
    { name: 'task_status_index', properties: ['status'] },
  ],
  checks: [
    {
      name: 'task_ended_has_time',
      expression: "(status = 'PENDING' or status = 'RUNNING') = (finished_at is null)",
    },
  ],
});

/**
 * One entry of the task log and, until it has ended, the record of work to do: written in the transaction of its subject.
 * `instructions` are for the worker alone and are never shown.
 */
export class Task extends TaskSchema.class {
  /** False once the outcome is final. */
  isOpen(): boolean {
    return this.status === 'PENDING' || this.status === 'RUNNING';
  }
}
TaskSchema.setClass(Task);
