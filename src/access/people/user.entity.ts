import { defineEntity, p } from '@mikro-orm/core';
import { Datacenter } from '../../datacenters/datacenter.entity.js';
import { InstantType } from '../../platform/database/column-types.js';
import { comparisonKey } from '../../platform/display-text.js';
import { Group } from './group.entity.js';
import { userSearchText } from './search-text.js';

/** Username of the built-in user that scheduled work is recorded under; it is never active, so it cannot sign in. */
export const SYSTEM_USERNAME = 'system';

const UserSchema = defineEntity({
  name: 'User',
  tableName: 'user_account',
  properties: {
    id: p.integer().primary(),
    username: p.string().length(64).unique(),
    // Unique, so that no two names differ in case only.
    usernameKey: p.text().nullable().unique().onCreate((row) => comparisonKey(row.username)),
    email: p.string().length(254).nullable(),
    // What searches compare, see `searchForm`. Null in rows that other programs wrote, until the next start.
    searchText: p.text().nullable().onCreate((row) => userSearchText(row)).onUpdate((row) => userSearchText(row)),
    isSuperAdmin: p.boolean().default(false),
    active: p.boolean().default(true),
    currentDatacenter: () => p.manyToOne(Datacenter).ref().nullable().deleteRule('set null'),
    groups: () =>
      p
        .manyToMany(Group)
        .owner()
        .inversedBy('users')
        .pivotTable('user_group_member')
        .joinColumn('user_id')
        .inverseJoinColumn('group_id'),
    createdAt: p.type(InstantType).$type<Date>().onCreate(() => new Date()),
  },
  indexes: [
    { name: 'user_account_active_index', properties: ['active', 'username', 'id'] },
    { name: 'user_account_super_admin_index', properties: ['isSuperAdmin'] },
    { name: 'user_account_without_text_index', properties: ['id'], where: 'search_text is null' },
  ],
  checks: [{ name: 'user_username_not_empty', expression: "username <> ''" }],
});

/** A person or program that can sign in. Rows are never deleted, only deactivated: the task log refers to them. */
export class User extends UserSchema.class {}
UserSchema.setClass(User);
