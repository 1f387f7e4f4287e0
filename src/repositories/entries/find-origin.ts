import type { FindOrigin } from '../../images/import/origins/missing-origin.js';
import { readObjects } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { asBoolean, type Flag } from '../../platform/database/tables.js';
import { fileUrlOf, manifestUrlOf } from './manifest-url.js';

interface OfferRow {
  id: number;
  repository: string;
  url: string;
  is_local: Flag;
  name: string;
  version: string;
}

/** The entry of a uuid that can be imported, in the newest list of a configured repository: the preferred one, then the local one, then by name. */
export const findOrigin: FindOrigin = async (em, uuid, preferredRepositoryId) => {
  const text = sqlText`select r.id, r.name as repository, r.url, r.is_local, o.name, o.version
    from image_repository r join repository_image o on o.repository_id = r.id and o.uuid = ${uuid}
    where not r.retired and o.problem is null and o.from_generation <= r.generation and r.generation < o.to_generation
    order by case when r.id = ${preferredRepositoryId ?? 0} then 0 when r.is_local then 1 else 2 end, r.name limit 1`;
  const [offer] = await readObjects<OfferRow>(em, text);
  if (offer === undefined) return null;
  const { id, repository, url, name, version } = offer;
  const source = { manifestUrl: manifestUrlOf(url, uuid), fileUrl: fileUrlOf(url, uuid), uuid, repositoryId: id, isLocal: asBoolean(offer.is_local) };
  return { repository, name, version, source };
};
