import { defineEntity, p } from '@mikro-orm/core';
import { User } from '../../access/people/user.entity.js';
import { InstantType } from '../../platform/database/column-types.js';
import { Task } from '../task.entity.js';

const IdempotencyKeySchema = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_key',
  properties: {
    user: () => p.manyToOne(User).ref().primary().deleteRule('cascade').index(false),
    requestKey: p.string().length(200).primary(),
    /** SHA-256 of the input, without the key: another input under the same key is refused. */
    inputHash: p.string().length(64),
    task: () => p.manyToOne(Task).ref().deleteRule('cascade').index(),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
  },
  indexes: [{ name: 'idempotency_key_created_at_index', properties: ['createdAt'] }],
});

/** The task that a user's request with an idempotency key has made. The primary key lets each key of a user make one. */
export class IdempotencyKey extends IdempotencyKeySchema.class {}
IdempotencyKeySchema.setClass(IdempotencyKey);
