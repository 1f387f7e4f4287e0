import DataLoader from 'dataloader';
import { sql } from 'kysely';
import { allOf, type Condition, oneOf } from '../platform/conditions.js';
import { type SqlEntityManager, statements } from '../platform/database.js';
import { keyLoader } from '../platform/key-loader.js';
import { asBoolean, type Flag } from '../platform/tables.js';
import { SYSTEM_USERNAME } from './user.entity.js';
import type { UserType } from './user.type.js';

interface UserRow {
  id: number;
  username: string;
  email: string | null;
  is_super_admin: Flag;
  active: Flag;
  created_at: number | string;
}

const COLUMNS = sql`u.id, u.username, u.email, u.is_super_admin, u.active, u.created_at`;
const notSystem: Condition = sql`u.username <> ${SYSTEM_USERNAME}`;

function toUser(row: UserRow): UserType {
  return {
    id: row.id,
    username: row.username,
    email: row.email,
    isSuperAdmin: asBoolean(row.is_super_admin),
    active: asBoolean(row.active),
    createdAt: new Date(Number(row.created_at)),
  };
}

/** Reads accounts. Who may see more of one than its username is decided at the fields themselves. */
export class UserQueries {
  /** By id, the built-in user included, as relations show it; one statement per batch. */
  readonly byId = new DataLoader<number, UserType | null>(async (ids) => {
    const found = new Map((await this.#find(oneOf('u.id', ids))).map((user) => [user.id, user]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** By what other subgraphs know it by, the built-in user left out; one statement per batch. */
  readonly byKey = keyLoader({ username: 'u.username' }, async (where) => this.#find(allOf([where, notSystem])));

  /** Members per group id, by username. */
  readonly byGroup = new DataLoader<number, UserType[]>(async (groupIds) => {
    const statement = sql<UserRow & { group_id: number }>`select m.group_id, ${COLUMNS} from user_group_member m
      join user_account u on u.id = m.user_id where ${oneOf('m.group_id', groupIds)} order by u.username`;
    const { rows } = await statement.execute(statements(this.em));
    return groupIds.map((id) => rows.filter((row) => row.group_id === id).map(toUser));
  });

  constructor(private readonly em: SqlEntityManager) {}

  /** The user that a row refers to: rows never refer to a user that is not there. */
  async require(id: number): Promise<UserType> {
    const user = await this.byId.load(id);
    if (user === null) throw new Error(`User ${id} is referred to and does not exist.`);
    return user;
  }

  async byUsername(username: string): Promise<UserType | null> {
    return (await this.#find(allOf([sql`u.username = ${username}`, notSystem])))[0] ?? null;
  }

  /** Everybody, active or not, by username. */
  async all(): Promise<UserType[]> {
    return this.#find(notSystem);
  }

  async #find(where: Condition): Promise<UserType[]> {
    const statement = sql<UserRow>`select ${COLUMNS} from user_account u where ${where} order by u.username`;
    return (await statement.execute(statements(this.em))).rows.map(toUser);
  }
}
