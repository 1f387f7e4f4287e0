import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { amongIds, readObjects, readRows } from '../../platform/database/read/read-rows.js';
import { type SqlText, sqlText } from '../../platform/database/sql-text.js';
import type { Big } from '../../platform/database/tables.js';
import { toUser, USER_COLUMNS, type UserRow } from '../people/user.columns.js';
import { OWNER_PERMISSIONS, parsePermissions, type Permission } from '../permission.js';
import { type Membership, Viewer } from '../viewer.js';
import type { Refusal } from './sign-in-failure.js';

/** An account with what sign-in needs beside what the API shows of it. */
interface AccountRow extends UserRow {
  current_datacenter_id: number | null;
}

const ACCOUNT_COLUMNS = sqlText`${USER_COLUMNS}, u.current_datacenter_id`;

/** The owner's permissions in the form in which a group stores its own. */
const OWNED = JSON.stringify(OWNER_PERMISSIONS);

/** The groups that a token names give what they hold, as those of the account do. */
function grantsOfToken(em: SqlEntityManager, groups: readonly string[]): SqlText {
  if (groups.length === 0) return sqlText``;
  return sqlText` union all select d.id, d.name, g.permissions from user_group g join datacenter_group x on x.group_id = g.id
    join datacenter d on d.id = x.datacenter_id where ${amongIds(em, 'g.name', groups)}`;
}

async function loadMemberships(em: SqlEntityManager, userId: number, tokenGroups: readonly string[]): Promise<Membership[]> {
  const rows = await readRows<[id: number, name: string, permissions: string]>(
    em,
    sqlText`select d.id, d.name, g.permissions from user_group_member m join user_group g on g.id = m.group_id
      join datacenter_group x on x.group_id = g.id join datacenter d on d.id = x.datacenter_id where m.user_id = ${userId}
      union all select d.id, d.name, ${OWNED} from datacenter d where d.owner_id = ${userId}${grantsOfToken(em, tokenGroups)}`,
  );
  const found = new Map<number, { id: number; name: string; permissions: Set<Permission> }>();
  for (const [id, name, permissions] of rows) {
    const membership = found.get(id) ?? { id, name, permissions: new Set<Permission>() };
    for (const permission of parsePermissions(permissions)) membership.permissions.add(permission);
    found.set(id, membership);
  }
  return [...found.values()];
}

async function viewerOf(em: SqlEntityManager, row: AccountRow, tokenGroups: readonly string[]): Promise<Viewer | Refusal> {
  const account = toUser(row);
  const { id: userId, username, isSuperAdmin } = account;
  if (!account.active) return { reason: 'inactive user', username };
  const memberships = isSuperAdmin ? [] : await loadMemberships(em, userId, tokenGroups);
  return new Viewer({ userId, username, isSuperAdmin, currentDatacenterId: row.current_datacenter_id, memberships, account, tokenGroups });
}

/** The viewer behind a username, who is in these groups besides those of the account. */
export async function viewerByUsername(em: SqlEntityManager, username: string, tokenGroups: readonly string[]): Promise<Viewer | Refusal> {
  const [row] = await readObjects<AccountRow>(em, sqlText`select ${ACCOUNT_COLUMNS} from user_account u where u.username = ${username}`);
  return row === undefined ? { reason: 'unknown user', username } : viewerOf(em, row, tokenGroups);
}

/** An account as it is now; `viewer` is null while it is inactive. */
export interface Account {
  username: string;
  viewer: Viewer | null;
}

/**
 * The account of that id, in these groups besides its own; null when there is none. A transaction locks its rights (the account, its
 * memberships and its groups) until it ends, so that nobody takes them away in between.
 */
export async function accountById(em: SqlEntityManager, id: number, tokenGroups: readonly string[]): Promise<Account | null> {
  if (em.isInTransaction()) await lockRights(em, id, tokenGroups);
  const [row] = await readObjects<AccountRow>(em, sqlText`select ${ACCOUNT_COLUMNS} from user_account u where u.id = ${id}`);
  if (row === undefined) return null;
  const viewer = await viewerOf(em, row, tokenGroups);
  return { username: row.username, viewer: viewer instanceof Viewer ? viewer : null };
}

/** Only on Postgres: SQLite runs one transaction at a time. */
async function lockRights(tx: SqlEntityManager, userId: number, tokenGroups: readonly string[]): Promise<void> {
  if (isSqlite(tx)) return;
  await readRows(tx, sqlText`select u.id from user_account u where u.id = ${userId} for share`);
  await readRows(
    tx,
    sqlText`select g.id from user_group_member m join user_group g on g.id = m.group_id where m.user_id = ${userId} order by g.id for share of m, g`,
  );
  if (tokenGroups.length > 0) await readRows(tx, sqlText`select g.id from user_group g where ${amongIds(tx, 'g.name', tokenGroups)} order by g.id for share`);
}

/** A viewer, and when its token or key expires, in milliseconds since 1970. */
export interface SignedIn {
  viewer: Viewer;
  expiresAt: number;
  /** Null for a token. */
  keyId: string | null;
}

interface KeyRow extends AccountRow {
  key_id: string;
  expires_at: Big | null;
  revoked_at: Big | null;
}

/** The viewer behind the hash of an API key. */
export async function viewerByKeyHash(em: SqlEntityManager, hash: string, now: number): Promise<SignedIn | Refusal> {
  const [row] = await readObjects<KeyRow>(
    em,
    sqlText`select ${ACCOUNT_COLUMNS}, k.id as key_id, k.expires_at, k.revoked_at from api_key k join user_account u on u.id = k.user_id where k.hash = ${hash}`,
  );
  if (row === undefined) return { reason: 'unknown key', username: null };
  const { username, key_id: keyId } = row;
  if (row.revoked_at !== null) return { reason: 'revoked key', username };
  const expiresAt = row.expires_at === null ? Number.POSITIVE_INFINITY : Number(row.expires_at);
  if (expiresAt <= now) return { reason: 'expired key', username };
  const viewer = await viewerOf(em, row, []);
  return viewer instanceof Viewer ? { viewer, expiresAt, keyId } : viewer;
}
