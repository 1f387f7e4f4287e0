import { BY_USERNAME, notSystem, searchedUsers, type UserQueries } from '../../access/people/user.queries.js';
import type { UserType } from '../../access/people/user.type.js';
import type { Viewer } from '../../access/viewer.js';
import { anyOf, type Condition, containsText } from '../../platform/database/list/conditions.js';
import type { FilteredList } from '../../platform/database/list/filtered-list.js';
import type { Connection, PageArgs } from '../../platform/database/list/page.js';
import type { ConnectionSelection } from '../../platform/graphql/selection.js';
import { type SqlText, sqlText } from '../../platform/database/sql-text.js';
import type { DatacenterType } from '../datacenter.type.js';

/** Users `u` who have access to a private datacenter: `seesDatacenter` is the same rule for one of them. */
function hasAccess({ id, ownerId }: DatacenterType): Condition {
  const inGroup = sqlText`exists (select 1 from datacenter_group x join user_group_member m on m.group_id = x.group_id where x.datacenter_id = ${id} and m.user_id = u.id)`;
  return anyOf([sqlText`u.is_super_admin`, sqlText`u.id = ${ownerId}`, inGroup]);
}

/** The ids of the same users. */
function idsWithAccess({ id, ownerId }: DatacenterType): SqlText {
  return sqlText`select y.id from (select m.user_id as id from datacenter_group x cross join user_group_member m where x.datacenter_id = ${id} and m.group_id = x.group_id
    union all select z.id from user_account z where z.is_super_admin = true union all select z.id from user_account z where z.id = ${ownerId}) y`;
}

/** Reads who has access to a datacenter. */
export class MemberQueries {
  constructor(
    private readonly viewer: Viewer,
    private readonly users: UserQueries,
  ) {}

  /**
   * Active users who have access to the datacenter, by username. FORBIDDEN unless the viewer is DCAdmin there. The search looks at
   * usernames alone, as e-mail addresses are for SuperAdmins.
   */
  async ofDatacenter(datacenter: DatacenterType, search: string | null | undefined, page: PageArgs, selection: ConnectionSelection): Promise<Connection<UserType>> {
    this.viewer.demand('datacenter.listMembers', { datacenter });
    const isPublic = datacenter.access === 'PUBLIC';
    const conditions = isPublic ? [notSystem] : [notSystem, hasAccess(datacenter)];
    const candidates: FilteredList['candidates'][number][] = isPublic ? [] : [{ ids: idsWithAccess(datacenter) }];
    if (search) {
      const { condition, index } = searchedUsers(search);
      // The index has the e-mail addresses too. Usernames are ASCII, so that every database knows their lower case.
      conditions.push(condition, containsText(sqlText`lower(u.username)`, search));
      candidates.push(index);
    }
    return this.users.pageOf({ walk: { ...BY_USERNAME, where: sqlText`u.active = true` }, conditions, candidates }, page, selection);
  }
}
