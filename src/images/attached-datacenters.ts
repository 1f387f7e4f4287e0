import type { SeenDatacenters } from '../datacenters/datacenter-catalogue.js';
import type { SqlEntityManager } from '../platform/database.js';
import { amongIds, readRows } from '../platform/read-rows.js';
import { sqlText } from '../platform/sql-text.js';
import type { ImageType } from './image.type.js';

/**
 * Fills in where images are attached and bound, in one statement for all of them: of the pairs only the ids are read, as the
 * datacenters themselves are known.
 */
export async function fillDatacenters(em: SqlEntityManager, images: readonly ImageType[], seen: SeenDatacenters): Promise<void> {
  if (images.length === 0) return;
  // The one it is bound to comes with a minus.
  const text = sqlText`select a.image_id, case when a.bound_image_id is null then a.datacenter_id else -a.datacenter_id end as place
    from image_attachment a where ${amongIds(em, 'a.image_id', images.map((image) => image.id))}`;
  const lists = new Map<number, string>();
  const bindings = new Map<number, number>();
  for (const [imageId, place] of await readRows<[imageId: number, place: number]>(em, text)) {
    const id = place < 0 ? -place : place;
    if (place < 0) bindings.set(imageId, id);
    const list = lists.get(imageId);
    lists.set(imageId, list === undefined ? String(id) : `${list},${id}`);
  }
  for (const image of images) {
    const ids = lists.get(image.id);
    const boundId = bindings.get(image.id) ?? null;
    image.datacenters = ids === undefined ? [] : seen.list(ids);
    image.boundDatacenterId = boundId;
    image.dcBound = boundId !== null;
    image.boundDatacenter = seen.byId(boundId);
  }
}
