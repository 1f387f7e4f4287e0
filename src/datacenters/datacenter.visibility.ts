import { type SqlBool, sql } from 'kysely';
import type { Viewer } from '../access/viewer.js';
import { ALWAYS, anyOf, type Condition, oneOf } from '../platform/conditions.js';

/** Datacenters (alias `d`) that exist for this viewer: public ones, and those the viewer owns or has a group in. */
export function visibleDatacenters(viewer: Viewer): Condition {
  if (viewer.isSuperAdmin) return ALWAYS;
  return anyOf([sql<SqlBool>`d.access = 'PUBLIC'`, oneOf('d.id', viewer.datacentersWith('access'))]);
}
