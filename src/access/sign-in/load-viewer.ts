import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { readObjects, readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import type { Big } from '../../platform/database/tables.js';
import { toUser, USER_COLUMNS, type UserRow } from '../people/user.columns.js';
import { OWNER_PERMISSIONS, parsePermissions, type Permission } from '../permission.js';
import { type Membership, Viewer } from '../viewer.js';

/** An account with what sign-in needs beside what the API shows of it. */
interface AccountRow extends UserRow {
  current_datacenter_id: number | null;
}

const ACCOUNT_COLUMNS = sqlText`${USER_COLUMNS}, u.current_datacenter_id`;

/** The owner's permissions in the form in which a group stores its own. */
const OWNED = JSON.stringify(OWNER_PERMISSIONS);

async function loadMemberships(em: SqlEntityManager, userId: number): Promise<Membership[]> {
  const rows = await readRows<[id: number, name: string, permissions: string]>(
    em,
    sqlText`select d.id, d.name, g.permissions from user_group_member m join user_group g on g.id = m.group_id
      join datacenter_group x on x.group_id = g.id join datacenter d on d.id = x.datacenter_id where m.user_id = ${userId}
      union all select d.id, d.name, ${OWNED} from datacenter d where d.owner_id = ${userId}`,
  );
  const found = new Map<number, { id: number; name: string; permissions: Set<Permission> }>();
  for (const [id, name, permissions] of rows) {
    const membership = found.get(id) ?? { id, name, permissions: new Set<Permission>() };
    for (const permission of parsePermissions(permissions)) membership.permissions.add(permission);
    found.set(id, membership);
  }
  return [...found.values()];
}

async function viewerOf(em: SqlEntityManager, row: AccountRow | undefined): Promise<Viewer | null> {
  if (row === undefined) return null;
  const account = toUser(row);
  if (!account.active) return null;
  const { id: userId, username, isSuperAdmin } = account;
  const memberships = isSuperAdmin ? [] : await loadMemberships(em, userId);
  return new Viewer({ userId, username, isSuperAdmin, currentDatacenterId: row.current_datacenter_id, memberships, account });
}

/** The viewer behind a username; null when unknown or inactive. */
export async function viewerByUsername(em: SqlEntityManager, username: string): Promise<Viewer | null> {
  const [row] = await readObjects<AccountRow>(em, sqlText`select ${ACCOUNT_COLUMNS} from user_account u where u.username = ${username}`);
  return viewerOf(em, row);
}

/** An account as it is now; `viewer` is null while it is inactive. */
export interface Account {
  username: string;
  viewer: Viewer | null;
}

/**
 * The account of that id; null when there is none. A transaction locks its rights (the account, its memberships and its groups)
 * until it ends, so that nobody takes them away in between.
 */
export async function accountById(em: SqlEntityManager, id: number): Promise<Account | null> {
  if (em.isInTransaction()) await lockRights(em, id);
  const [row] = await readObjects<AccountRow>(em, sqlText`select ${ACCOUNT_COLUMNS} from user_account u where u.id = ${id}`);
  return row === undefined ? null : { username: row.username, viewer: await viewerOf(em, row) };
}

/** Only on Postgres: SQLite runs one transaction at a time. */
async function lockRights(tx: SqlEntityManager, userId: number): Promise<void> {
  if (isSqlite(tx)) return;
  await readRows(tx, sqlText`select u.id from user_account u where u.id = ${userId} for share`);
  await readRows(
    tx,
    sqlText`select g.id from user_group_member m join user_group g on g.id = m.group_id where m.user_id = ${userId} order by g.id for share of m, g`,
  );
}

/** A viewer, and when its token or key expires, in milliseconds since 1970. */
export interface SignedIn {
  viewer: Viewer;
  expiresAt: number;
}

/** The viewer behind the hash of an API key; null when unknown, expired, revoked, or its user is inactive. */
export async function viewerByKeyHash(em: SqlEntityManager, hash: string, now: number): Promise<SignedIn | null> {
  const [row] = await readObjects<AccountRow & { expires_at: Big | null }>(
    em,
    sqlText`select ${ACCOUNT_COLUMNS}, k.expires_at from api_key k join user_account u on u.id = k.user_id where k.hash = ${hash}
      and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})`,
  );
  if (row === undefined) return null;
  const viewer = await viewerOf(em, row);
  return viewer === null ? null : { viewer, expiresAt: row.expires_at === null ? Number.POSITIVE_INFINITY : Number(row.expires_at) };
}
