import { type DatacenterAction, MATRIX } from '../../access/matrix.js';
import { OWNER_PERMISSIONS, type Permission } from '../../access/permission.js';
import { allOf, anyOf } from '../../platform/database/list/conditions.js';
import { type SqlText, sqlText } from '../../platform/database/sql-text.js';

/** Users (alias `u`) who may do that in a datacenter by the permissions of its groups or as its owner. SuperAdmins need neither. */
export function holdersOf(action: DatacenterAction, datacenterId: number): SqlText {
  return anyOf(MATRIX[action].needs.map((set) => allOf(set.map((permission) => holds(permission, datacenterId)))));
}

function holds(permission: Permission, datacenterId: number): SqlText {
  const inGroup = sqlText`exists (select 1 from user_group_member m join user_group g on g.id = m.group_id
    join datacenter_group x on x.group_id = g.id
    where m.user_id = u.id and x.datacenter_id = ${datacenterId} and g.permissions like ${`%"${permission}"%`})`;
  if (!OWNER_PERMISSIONS.includes(permission)) return inGroup;
  return anyOf([sqlText`exists (select 1 from datacenter d where d.id = ${datacenterId} and d.owner_id = u.id)`, inGroup]);
}
