import type { Viewer } from '../access/viewer.js';
import { ALWAYS, anyOf, oneOfIds } from '../platform/database/list/conditions.js';
import { type SqlText, sqlText } from '../platform/database/sql-text.js';
import type { DatacenterType } from './datacenter.type.js';

/** Datacenters (alias `d`) that the viewer can see: public ones, and those that it owns or has a group in. */
export function visibleDatacenters(viewer: Viewer): SqlText {
  if (viewer.isSuperAdmin) return ALWAYS;
  return anyOf([sqlText`d.access = 'PUBLIC'`, oneOfIds('d.id', viewer.membershipIds)]);
}

/** The same rule for a datacenter in memory. */
export function seesDatacenter(viewer: Viewer, datacenter: DatacenterType): boolean {
  return viewer.isSuperAdmin || datacenter.access === 'PUBLIC' || viewer.belongsTo(datacenter.id);
}
