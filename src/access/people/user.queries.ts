import { ALWAYS, allOf, type Condition, contains } from '../../platform/database/list/conditions.js';
import { type FilteredList, filteredList } from '../../platform/database/list/filtered-list.js';
import { type Connection, type PageArgs, readPage } from '../../platform/database/list/page.js';
import { type ListStatement, readList } from '../../platform/database/list/read-page.js';
import type { ConnectionSelection } from '../../platform/graphql/selection.js';
import { amongIds, readObjects } from '../../platform/database/read/read-rows.js';
import { searchedIds } from '../../platform/database/search/trigrams.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { keyLoader } from '../../platform/database/list/key-loader.js';
import { toUser, USER_COLUMNS, type UserRow } from './user.columns.js';
import { SYSTEM_USERNAME } from './user.entity.js';
import type { UserType } from './user.type.js';
import { Loader } from '../../platform/graphql/loader.js';
import type { Reads } from '../../platform/database/read/reads.js';

/** What a caller asks of all users. An empty search finds everybody. */
export interface UserFilter {
  search?: string | null;
  active?: boolean | null;
}

/** Users `u` along the index of their names. */
export const BY_USERNAME = {
  table: sqlText`user_account u`,
  alias: sqlText`u`,
  order: { column: 'u.username', id: 'u.id', direction: 'ASC' },
} as const satisfies Omit<FilteredList['walk'], 'where'>;

export const notSystem: Condition = sqlText`u.username <> ${SYSTEM_USERNAME}`;

/** Users `u` whose username or e-mail address contains a text, and the ids that the index of trigrams has for it. */
export function searchedUsers(text: string): { condition: Condition; index: FilteredList['candidates'][number] } {
  return { condition: contains('u.search_text', text), index: { ids: searchedIds('user_account', text), areSearched: true } };
}

/** Reads accounts. The rules of the fields decide who may see more of one than its username. */
export class UserQueries {
  /** By id, in one statement per batch; the built-in user too, as tasks refer to it. */
  readonly byId = new Loader<number, UserType | null>(async (ids) => {
    const found = new Map((await this.#find(amongIds(this.em, 'u.id', ids))).map((user) => [user.id, user]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** By id, or by the other key of other subgraphs, in one statement per batch; without the built-in user. */
  readonly byKey = keyLoader({ id: 'u.id', username: 'u.username' }, async (where) => this.#find(allOf([where, notSystem])));

  /** Members per group id, by username. */
  readonly byGroup = new Loader<number, UserType[]>(async (groupIds) => {
    const rows = await readObjects<UserRow & { group_id: number }>(
      this.em,
      sqlText`select m.group_id, ${USER_COLUMNS} from user_group_member m join user_account u on u.id = m.user_id
        where ${amongIds(this.em, 'm.group_id', groupIds)} order by u.username`,
    );
    const byGroup = Map.groupBy(rows, (row) => row.group_id);
    return groupIds.map((id) => (byGroup.get(id) ?? []).map(toUser));
  });

  constructor(private readonly em: Reads) {}

  /** The user that a row refers to; foreign keys keep it from being missing. */
  async require(id: number): Promise<UserType> {
    const user = await this.byId.load(id);
    if (user === null) throw new Error(`User ${id} is referred to and does not exist.`);
    return user;
  }

  async byUsername(username: string): Promise<UserType | null> {
    return (await this.#find(allOf([sqlText`u.username = ${username}`, notSystem])))[0] ?? null;
  }

  /** Everybody, active or not, by username; `search` looks at username and e-mail address. */
  async page({ search, active }: UserFilter, page: PageArgs, selection: ConnectionSelection): Promise<Connection<UserType>> {
    const ofState = typeof active === 'boolean' ? (active ? sqlText`u.active = true` : sqlText`u.active = false`) : ALWAYS;
    const found = search ? searchedUsers(search) : null;
    const conditions = found === null ? [notSystem] : [notSystem, found.condition];
    return this.pageOf({ walk: { ...BY_USERNAME, where: ofState }, conditions, candidates: found === null ? [] : [found.index] }, page, selection);
  }

  /** One page of a list of users by username. */
  async pageOf(list: FilteredList, page: PageArgs, selection: ConnectionSelection): Promise<Connection<UserType>> {
    const read: ListStatement = { ...(await filteredList(this.em, list)), columns: USER_COLUMNS, order: BY_USERNAME.order };
    return readList<UserRow, UserType>(this.em, read, readPage(page, { name: 'user', value: 'string', id: 'number' }), selection, {
      keyOf: ({ username, id }) => [username, id],
      nodesOf: async (rows) => new Map(rows.map((row) => [row, toUser(row)])),
    });
  }

  async #find(where: Condition): Promise<UserType[]> {
    return (await readObjects<UserRow>(this.em, sqlText`select ${USER_COLUMNS} from user_account u where ${where} order by u.username`)).map(toUser);
  }
}
