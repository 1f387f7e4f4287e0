import { type PartEntry, provide } from '../access/scope.js';
import { DatacenterQueries } from './datacenter.queries.js';

/** What this feature puts into every scope. */
export function datacenterParts(): PartEntry[] {
  return [provide(DatacenterQueries, (scope) => new DatacenterQueries(scope.em, scope.viewer))];
}
