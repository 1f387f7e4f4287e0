import type { Viewer } from '../access/viewer.js';
import { ALWAYS, anyOf, type Condition, oneOf } from '../platform/database/list/conditions.js';
import { sqlText } from '../platform/database/sql-text.js';

/** Tasks (alias `t`) that the viewer can see: its own, and all tasks of datacenters where it may see those of others. */
export function visibleTasks(viewer: Viewer): Condition {
  if (viewer.isSuperAdmin) return ALWAYS;
  const own = sqlText`t.user_id = ${viewer.userId}`;
  const administered = viewer.datacentersWhere('task.listAll');
  // Alone, so that an index of users has its rows in the order of the list.
  return administered.length === 0 ? own : anyOf([own, oneOf('t.datacenter_id', administered)]);
}
