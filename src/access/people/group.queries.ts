import type { Column } from '../../platform/database/columns.js';
import { ALWAYS, type Condition, contains, oneOf } from '../../platform/database/list/conditions.js';
import type { KeysetOrder } from '../../platform/database/list/keyset.js';
import { type Connection, type PageArgs, readPage } from '../../platform/database/list/page.js';
import { readList, wholeRows } from '../../platform/database/list/read-page.js';
import type { ConnectionSelection } from '../../platform/graphql/selection.js';
import { readObjects } from '../../platform/database/read/read-rows.js';
import { joinTexts, sqlConstant, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { keyLoader } from '../../platform/database/list/key-loader.js';
import type { GroupType } from './group.type.js';
import { parsePermissions } from '../permission.js';
import type { Viewer } from '../viewer.js';
import { Loader } from '../../platform/graphql/loader.js';
import type { Reads } from '../../platform/database/read/reads.js';

interface GroupRow {
  id: number;
  name: string;
  alias: string;
  permissions: string;
}

const COLUMNS: Readonly<Record<keyof GroupRow, SqlText>> = { id: sqlText`g.id`, name: sqlText`g.name`, alias: sqlText`g.alias`, permissions: sqlText`g.permissions` };
const GROUP_COLUMNS = joinTexts(Object.values(COLUMNS), ', ');

const GROUPS = sqlText`user_group g`;
const BY_NAME: KeysetOrder = { column: 'g.name', id: 'g.id', direction: 'ASC' };

function toGroup({ id, name, alias, permissions }: GroupRow): GroupType {
  return { id, name, alias, permissions: parsePermissions(permissions) };
}

/** Reads groups. The rules of the fields decide who may: SuperAdmins, and members about themselves. */
export class GroupQueries {
  /** Groups per user id, by name. */
  readonly byUser = this.#related(sqlText`user_group_member x on x.group_id = g.id`, 'x.user_id');
  /** Groups per datacenter id, by name. */
  readonly byDatacenter = this.#related(sqlText`datacenter_group x on x.group_id = g.id`, 'x.datacenter_id');

  /** By id or name, in one statement per batch. */
  readonly byKey = keyLoader({ id: 'g.id', name: 'g.name' }, async (where) => this.#find(where));

  constructor(private readonly em: Reads) {}

  /** The groups that the caller is in, by name, with those that its token names. */
  async ofCaller({ userId, tokenGroups }: Pick<Viewer, 'userId' | 'tokenGroups'>): Promise<GroupType[]> {
    const stored = await this.byUser.load(userId);
    if (tokenGroups.length === 0) return stored;
    const named = await Promise.all(tokenGroups.map(async (value) => this.byKey.load({ field: 'name', value })));
    const all = new Map([...stored, ...named.filter((group) => group !== null)].map((group) => [group.name, group]));
    return [...all.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** By id: any for who may read people, else only a group that the caller is in. */
  async visibleById(viewer: Viewer, id: number): Promise<GroupType | null> {
    if (viewer.can('people.read').allowed) return this.byKey.load({ field: 'id', value: id });
    return (await this.ofCaller(viewer)).find((group) => group.id === id) ?? null;
  }

  async byName(name: string): Promise<GroupType | null> {
    return (await this.#find(sqlText`g.name = ${name}`))[0] ?? null;
  }

  /** Groups by name; `search` looks at name and alias, and an empty one finds all. */
  async page(search: string | null | undefined, page: PageArgs, selection: ConnectionSelection): Promise<Connection<GroupType>> {
    const where = search ? contains('g.search_text', search) : ALWAYS;
    const walk = wholeRows({ table: GROUPS, alias: sqlText`g`, where: ALWAYS, order: BY_NAME });
    return readList<GroupRow, GroupType>(this.em, { columns: GROUP_COLUMNS, from: GROUPS, where, order: BY_NAME, walk }, readPage(page, { name: 'group', value: 'string', id: 'number' }), selection, {
      keyOf: ({ name, id }) => [name, id],
      nodesOf: async (rows) => new Map(rows.map((row) => [row, toGroup(row)])),
    });
  }

  #related(join: Condition, owner: Column): Loader<number, GroupType[]> {
    return new Loader<number, GroupType[]>(async (ids) => {
      const statement = sqlText`select ${sqlConstant(owner)} as owner, ${GROUP_COLUMNS} from user_group g
        join ${join} where ${oneOf(owner, ids)} order by g.name`;
      const byOwner = Map.groupBy(await readObjects<GroupRow & { owner: number }>(this.em, statement), (row) => row.owner);
      return ids.map((id) => (byOwner.get(id) ?? []).map(toGroup));
    });
  }

  async #find(where: Condition): Promise<GroupType[]> {
    const statement = sqlText`select ${GROUP_COLUMNS} from user_group g where ${where} order by g.name`;
    return (await readObjects<GroupRow>(this.em, statement)).map(toGroup);
  }
}
