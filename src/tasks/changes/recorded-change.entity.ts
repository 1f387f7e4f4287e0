import { defineEntity, p } from '@mikro-orm/core';
import { BytesType } from '../../platform/database/column-types.js';

const RecordedChangeSchema = defineEntity({
  name: 'RecordedChange',
  tableName: 'recorded_change',
  properties: {
    // In the order in which its process recorded it.
    id: p.string().length(36).primary(),
    // By the clock of the database.
    changedAt: p.type(BytesType).$type<number>(),
    body: p.text(),
  },
  indexes: [{ name: 'recorded_change_changed_at_index', properties: ['changedAt', 'id'] }],
});

/** A change that was published in the last minutes, as JSON, written in its transaction: for streams that missed it. See ChangeHistory. */
export class RecordedChange extends RecordedChangeSchema.class {}
RecordedChangeSchema.setClass(RecordedChange);
