import { defineEntity, p } from '@mikro-orm/core';
import { InstantType } from '../../platform/database/column-types.js';
import { User } from '../people/user.entity.js';

const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.string().length(36).primary(),
    user: () => p.manyToOne(User).ref().deleteRule('cascade').index(),
    name: p.string().length(64),
    hash: p.string().length(64).unique(),
    /** Of keys from before there was this column, the first characters that all keys have in common. */
    prefix: p.string().length(12).default('igw_'),
    expiresAt: p.type(InstantType).$type<Date>().nullable(),
    revokedAt: p.type(InstantType).$type<Date>().nullable(),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
  },
});

/** A long-lived credential of one user. Only the SHA-256 of the key is stored, so nobody can sign in with what a copy of the database holds. */
export class ApiKey extends ApiKeySchema.class {}
ApiKeySchema.setClass(ApiKey);
