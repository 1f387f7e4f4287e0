import type { Viewer } from '../../access/viewer.js';
import { visibleServers } from '../../datacenters/server.visibility.js';
import { type Condition, containsText, NEVER, oneOf } from '../../platform/database/list/conditions.js';
import { type FilteredList, unindexed } from '../../platform/database/list/filtered-list.js';
import type { KeysetOrder } from '../../platform/database/list/keyset.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { searchedIds } from '../../platform/database/search/trigrams.js';
import { sqlConstant, sqlText } from '../../platform/database/sql-text.js';
import type { ServerFilter } from './server-filter.inputs.js';

export const SERVERS = sqlText`virtual_server s`;
export const BY_HOSTNAME: KeysetOrder = { column: 's.hostname', id: 's.id', direction: 'ASC' };

/** The image that a filter names: null where the viewer sees none of that name; undefined where it names none. */
export type FilteredImage = { id: number } | null | undefined;

/** One condition over servers `s`, and the ids that an index finds by it. */
interface Restriction {
  condition: Condition;
  index?: FilteredList['candidates'][number];
}

function restrictionsOf(em: Reads, datacenterId: number, filter: ServerFilter, image: FilteredImage): Restriction[] {
  const found: Restriction[] = [];
  const here = (condition: Condition): Restriction['index'] => ({ ids: sqlText`select x.id from virtual_server x where x.datacenter_id = ${datacenterId} and ${condition}` });
  if (filter.osType?.length) found.push({ condition: oneOf(unindexed(em, 's.os_type'), filter.osType), index: here(oneOf('x.os_type', filter.osType)) });
  if (filter.status?.length) found.push({ condition: oneOf(unindexed(em, 's.status'), filter.status), index: here(oneOf('x.status', filter.status)) });
  if (typeof filter.owner === 'string') {
    const owner = sqlText`(select u.id from user_account u where u.username = ${filter.owner})`;
    found.push({ condition: sqlText`${sqlConstant(unindexed(em, 's.owner_id'))} = ${owner}`, index: here(sqlText`x.owner_id = ${owner}`) });
  }
  if (image === null) found.push({ condition: NEVER });
  else if (image !== undefined) {
    const ids = sqlText`select v.server_id as id from virtual_disk v where v.image_id = ${image.id}`;
    found.push({ condition: sqlText`exists (select 1 from virtual_disk v where v.server_id = s.id and v.image_id = ${image.id})`, index: { ids } });
  }
  // Host names are ASCII, so that every database knows their lower case.
  if (filter.search) found.push({ condition: containsText(sqlText`lower(s.hostname)`, filter.search), index: { ids: searchedIds('virtual_server', filter.search), areSearched: true } });
  return found;
}

/** The servers of a datacenter that the viewer sees and the filter leaves. */
export function serversOfDatacenter(em: Reads, viewer: Viewer, datacenterId: number, filtered: { filter?: ServerFilter | null; image: FilteredImage }): FilteredList {
  const restrictions = restrictionsOf(em, datacenterId, filtered.filter ?? {}, filtered.image);
  const candidates = restrictions.flatMap(({ index }) => index ?? []);
  if (!viewer.mayIn('server.listAll', datacenterId)) {
    candidates.push({ ids: sqlText`select x.id from virtual_server x where x.owner_id = ${viewer.userId} and x.datacenter_id = ${datacenterId}` });
  }
  return {
    walk: { table: SERVERS, alias: sqlText`s`, where: sqlText`s.datacenter_id = ${datacenterId}`, order: BY_HOSTNAME },
    conditions: [...restrictions.map(({ condition }) => condition), visibleServers(viewer)],
    candidates,
  };
}
