import type { Column } from '../../platform/database/columns.js';
import { ALWAYS, type Condition, oneOf } from '../../platform/database/list/conditions.js';
import { amongIds, readObjects } from '../../platform/database/read/read-rows.js';
import { joinTexts, sqlConstant, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import type { GroupType } from './group.type.js';
import { parsePermissions } from '../permission.js';
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

function toGroup({ id, name, alias, permissions }: GroupRow): GroupType {
  return { id, name, alias, permissions: parsePermissions(permissions) };
}

/** Reads groups. The rules of the fields decide who may: SuperAdmins, and members about themselves. */
export class GroupQueries {
  /** Groups per user id, by name. */
  readonly byUser = this.#related(sqlText`user_group_member x on x.group_id = g.id`, 'x.user_id');
  /** Groups per datacenter id, by name. */
  readonly byDatacenter = this.#related(sqlText`datacenter_group x on x.group_id = g.id`, 'x.datacenter_id');

  constructor(private readonly em: Reads) {}

  async byName(name: string): Promise<GroupType | null> {
    return (await this.#find(sqlText`g.name = ${name}`))[0] ?? null;
  }

  /** Those of these names that there are. */
  async byNames(names: readonly string[]): Promise<GroupType[]> {
    return this.#find(amongIds(this.em, 'g.name', names));
  }

  /** All groups by name. */
  async all(): Promise<GroupType[]> {
    return this.#find(ALWAYS);
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
