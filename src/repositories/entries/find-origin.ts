import type { FindOrigin, OfferedOrigin } from '../../images/import/origins/missing-origin.js';
import { amongIds, readObjects } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { asBoolean, type Flag } from '../../platform/database/tables.js';
import { fileUrlOf, manifestUrlOf } from './manifest-url.js';

interface OfferRow {
  id: number;
  repository: string;
  url: string;
  is_local: Flag;
  uuid: string;
  name: string;
  version: string;
}

/**
 * By uuid, in one statement, an entry that can be imported in the newest list of a configured repository: of the preferred one, else of the
 * local one, else of the first by name.
 */
export async function findOrigins(em: Reads, uuids: readonly string[], preferredRepositoryId: number | null): Promise<ReadonlyMap<string, OfferedOrigin>> {
  const text = sqlText`select r.id, r.name as repository, r.url, r.is_local, o.uuid, o.name, o.version
    from image_repository r join repository_image o on o.repository_id = r.id and ${amongIds(em, 'o.uuid', uuids)}
    where not r.retired and o.problem is null and o.from_generation <= r.generation and r.generation < o.to_generation
    order by case when r.id = ${preferredRepositoryId ?? 0} then 0 when r.is_local then 1 else 2 end, r.name`;
  const found = new Map<string, OfferedOrigin>();
  for (const { id, repository, url, uuid, name, version, is_local: isLocal } of await readObjects<OfferRow>(em, text)) {
    if (found.has(uuid)) continue;
    const source = { manifestUrl: manifestUrlOf(url, uuid), fileUrl: fileUrlOf(url, uuid), uuid, repositoryId: id, isLocal: asBoolean(isLocal) };
    found.set(uuid, { repository, name, version, source });
  }
  return found;
}

/** The same for one uuid. */
export const findOrigin: FindOrigin = async (em, uuid, preferredRepositoryId) => (await findOrigins(em, [uuid], preferredRepositoryId)).get(uuid) ?? null;
