import { defineEntity, p } from '@mikro-orm/core';
import { InstantType } from '../../platform/database/column-types.js';
import { ApiKey } from './api-key.entity.js';

const ApiKeyUseSchema = defineEntity({
  name: 'ApiKeyUse',
  tableName: 'api_key_use',
  properties: {
    key: () => p.oneToOne(ApiKey).ref().primary().deleteRule('cascade'),
    lastUsedAt: p.type(InstantType).$type<Date>(),
  },
});

/** When a key was last used. A table of its own: a write to `api_key` invalidates every cached permission, and a use changes none. */
export class ApiKeyUse extends ApiKeyUseSchema.class {}
ApiKeyUseSchema.setClass(ApiKeyUse);
