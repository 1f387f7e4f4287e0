import { defineEntity, p } from '@mikro-orm/core';
import { Group } from '../access/people/group.entity.js';
import { User } from '../access/people/user.entity.js';
import { InstantType } from '../platform/database/column-types.js';
import { comparisonKey } from '../platform/display-text.js';

/** The default datacenter: always public, never deleted, and every user's first working datacenter. */
export const DEFAULT_DATACENTER = 'main';

export const DATACENTER_ACCESS = ['PUBLIC', 'PRIVATE'] as const;

const DatacenterSchema = defineEntity({
  name: 'Datacenter',
  tableName: 'datacenter',
  properties: {
    id: p.integer().primary(),
    name: p.string().length(64).unique(),
    // Unique, so that no two names differ in case only.
    nameKey: p.text().nullable().unique().onCreate((row) => comparisonKey(row.name)),
    alias: p.string().length(64),
    access: p.enum(DATACENTER_ACCESS).default('PRIVATE'),
    owner: () => p.manyToOne(User).ref().deleteRule('no action').index(),
    description: p.string().length(128).default(''),
    groups: () => p.manyToMany(Group).mappedBy('datacenters'),
    vmsImageLimit: p.integer().nullable(),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
  },
  checks: [
    { name: 'datacenter_default_is_public', expression: "name <> 'main' or access = 'PUBLIC'" },
    { name: 'datacenter_image_limit_not_negative', expression: 'vms_image_limit is null or vms_image_limit >= 0' },
  ],
});

/** A virtual datacenter: where users hold permissions, servers run, and images are usable once attached. */
export class Datacenter extends DatacenterSchema.class {
  /** True for `main` alone. */
  isDefault(): boolean {
    return this.name === DEFAULT_DATACENTER;
  }
}
DatacenterSchema.setClass(Datacenter);
