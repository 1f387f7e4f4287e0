import { defineEntity, p } from '@mikro-orm/core';
import { InstantType } from '../database/column-types.js';

const ScheduledWorkSchema = defineEntity({
  name: 'ScheduledWork',
  tableName: 'scheduled_work',
  properties: {
    name: p.string().length(64).primary(),
    dueAt: p.type(InstantType).$type<Date>(),
  },
});

/** When work that is done once for all processes is due again, by the clock of the database. Whoever begins it moves the time first. */
export class ScheduledWork extends ScheduledWorkSchema.class {}
ScheduledWorkSchema.setClass(ScheduledWork);
