import { sql } from 'kysely';
import type { SqlEntityManager } from '../platform/database.js';
import { statements } from '../platform/database.js';
import { asBoolean } from '../platform/tables.js';
import type { Permission } from './permission.js';
import { type Membership, Viewer } from './viewer.js';

interface UserRow {
  id: number;
  username: string;
  is_super_admin: number | boolean;
  active: number | boolean;
  current_datacenter_id: number | null;
}

async function loadMemberships(em: SqlEntityManager, userId: number): Promise<Membership[]> {
  const db = statements(em);
  const granted = db
    .selectFrom('user_group_member as member')
    .innerJoin('user_group as g', 'g.id', 'member.group_id')
    .innerJoin('datacenter_group as dg', 'dg.group_id', 'g.id')
    .innerJoin('datacenter as d', 'd.id', 'dg.datacenter_id')
    .where('member.user_id', '=', userId)
    .select(['d.id', 'd.name', 'g.permissions']);
  const owned = db
    .selectFrom('datacenter as d')
    .where('d.owner_id', '=', userId)
    .select(['d.id', 'd.name', sql<string>`'["ADMIN"]'`.as('permissions')]);
  const found = new Map<number, { id: number; name: string; permissions: Set<Permission> }>();
  for (const row of await granted.unionAll(owned).execute()) {
    const membership = found.get(row.id) ?? { id: row.id, name: row.name, permissions: new Set<Permission>() };
    for (const permission of JSON.parse(row.permissions) as Permission[]) membership.permissions.add(permission);
    found.set(row.id, membership);
  }
  return [...found.values()];
}

async function viewerOf(em: SqlEntityManager, user: UserRow | undefined): Promise<Viewer | null> {
  if (user === undefined || !asBoolean(user.active)) return null;
  const isSuperAdmin = asBoolean(user.is_super_admin);
  return new Viewer({
    userId: user.id,
    username: user.username,
    isSuperAdmin,
    currentDatacenterId: user.current_datacenter_id,
    memberships: isSuperAdmin ? [] : await loadMemberships(em, user.id),
  });
}

const USER_COLUMNS = ['u.id', 'u.username', 'u.is_super_admin', 'u.active', 'u.current_datacenter_id'] as const;

/** The viewer behind a username; null when unknown or inactive. */
export async function viewerByUsername(em: SqlEntityManager, username: string): Promise<Viewer | null> {
  const user = await statements(em)
    .selectFrom('user_account as u')
    .where('u.username', '=', username)
    .select(USER_COLUMNS)
    .executeTakeFirst();
  return viewerOf(em, user);
}

/** The viewer behind the hash of an API key; null when unknown, expired, revoked, or its user is inactive. */
export async function viewerByKeyHash(em: SqlEntityManager, hash: string, now: number): Promise<Viewer | null> {
  const user = await statements(em)
    .selectFrom('api_key as k')
    .innerJoin('user_account as u', 'u.id', 'k.user_id')
    .where('k.hash', '=', hash)
    .where('k.revoked_at', 'is', null)
    .where((where) => where.or([where('k.expires_at', 'is', null), where('k.expires_at', '>', now)]))
    .select(USER_COLUMNS)
    .executeTakeFirst();
  return viewerOf(em, user);
}
