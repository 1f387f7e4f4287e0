import type { Viewer } from '../access/viewer.js';
import { ALWAYS, anyOf, type Condition, oneOf } from '../platform/database/list/conditions.js';
import { sqlText } from '../platform/database/sql-text.js';

/** Tasks (alias `t`) that the viewer can see: its own, and all tasks of datacenters where it may see those of others. */
export function visibleTasks(viewer: Viewer): Condition {
  if (viewer.isSuperAdmin) return ALWAYS;
  return anyOf([sqlText`t.user_id = ${viewer.userId}`, oneOf('t.datacenter_id', viewer.datacentersWhere('task.listAll'))]);
}
