import { defineEntity, p } from '@mikro-orm/core';
import { Datacenter } from '../../datacenters/datacenter.entity.js';
import { InstantType, JsonTextType } from '../../platform/database/column-types.js';
import { comparisonKey } from '../../platform/display-text.js';
import type { Permission } from '../permission.js';
import { groupSearchText } from './search-text.js';
import { User } from './user.entity.js';

const GroupSchema = defineEntity({
  name: 'Group',
  tableName: 'user_group',
  properties: {
    id: p.integer().primary(),
    name: p.string().length(64).unique(),
    // Unique, so that no two names differ in case only.
    nameKey: p.text().nullable().unique().onCreate((row) => comparisonKey(row.name)),
    alias: p.string().length(64),
    // What searches compare, see `searchForm`. Null in rows that other programs wrote, until the next start.
    searchText: p.text().nullable().onCreate((row) => groupSearchText(row)).onUpdate((row) => groupSearchText(row)),
    permissions: p.type(JsonTextType<Permission[]>).$type<Permission[]>(),
    users: () => p.manyToMany(User).mappedBy('groups'),
    datacenters: () =>
      p
        .manyToMany(Datacenter)
        .owner()
        .inversedBy('groups')
        .pivotTable('datacenter_group')
        .joinColumn('group_id')
        .inverseJoinColumn('datacenter_id'),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
  },
  indexes: [{ name: 'user_group_without_text_index', properties: ['id'], where: 'search_text is null' }],
});

/** A set of users with permissions, which hold in the datacenters that the group is attached to. */
export class Group extends GroupSchema.class {}
GroupSchema.setClass(Group);
