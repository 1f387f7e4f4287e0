import type { Viewer } from '../access/viewer.js';
import { visibleDatacenters } from './datacenter.visibility.js';
import { ALWAYS, anyOf, type Condition, oneOf } from '../platform/database/list/conditions.js';
import { sqlText } from '../platform/database/sql-text.js';

/** Servers (alias `s`) that the viewer can see: its own where it sees the datacenter, and all where it may list those of others. */
export function visibleServers(viewer: Viewer): Condition {
  if (viewer.isSuperAdmin) return ALWAYS;
  const own = sqlText`(s.owner_id = ${viewer.userId} and exists (
    select 1 from datacenter d where d.id = s.datacenter_id and ${visibleDatacenters(viewer)}))`;
  return anyOf([oneOf('s.datacenter_id', viewer.datacentersWhere('server.listAll')), own]);
}
