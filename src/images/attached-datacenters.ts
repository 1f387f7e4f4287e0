import type { SeenDatacenters } from '../datacenters/datacenter-catalogue.js';
import type { SqlEntityManager } from '../platform/database.js';
import { amongIds, readRows } from '../platform/read-rows.js';
import { plainText, sqlText } from '../platform/sql-text.js';
import type { ImageType } from './image.type.js';

/** Where an image is attached; the one it is bound to comes with a minus. */
const PLACE = 'case when a.bound_image_id is null then a.datacenter_id else -a.datacenter_id end';

/**
 * Fills in where images are attached and bound, in one statement for all of them: of the pairs only the ids are read, as the
 * datacenters themselves are known.
 */
export async function fillDatacenters(em: SqlEntityManager, images: readonly ImageType[], seen: SeenDatacenters): Promise<void> {
  if (images.length === 0) return;
  const text = sqlText`select a.image_id, ${plainText(PLACE)} as place
    from image_attachment a where ${amongIds(em, 'a.image_id', images.map((image) => image.id))}`;
  const lists = new Map<number, string>();
  const bindings = new Map<number, number>();
  for (const [imageId, place] of await readRows<[imageId: number, place: number]>(em, text, true)) {
    const id = place < 0 ? -place : place;
    if (place < 0) bindings.set(imageId, id);
    const list = lists.get(imageId);
    lists.set(imageId, list === undefined ? String(id) : `${list},${id}`);
  }
  for (const image of images) putPlaces(image, { ids: lists.get(image.id) ?? '', boundId: bindings.get(image.id) ?? null }, seen);
}

function putPlaces(image: ImageType, { ids, boundId }: { ids: string; boundId: number | null }, seen: SeenDatacenters): void {
  image.datacenters = ids === '' ? [] : seen.list(ids);
  image.boundDatacenterId = boundId;
  image.dcBound = boundId !== null;
  image.boundDatacenter = seen.byId(boundId);
}

/** The same as a column, which is less than a statement where few images are read: ids as `1,-7`, as `putPlacesText` reads them. */
export function placesColumn(isSqlite: boolean): string {
  const list = isSqlite ? `group_concat(${PLACE})` : `string_agg(cast(${PLACE} as text), ',')`;
  return `(select ${list} from image_attachment a where a.image_id = i.id)`;
}

export function putPlacesText(image: ImageType, text: string | null, seen: SeenDatacenters): void {
  const bound = /-(\d+)/.exec(text ?? '')?.[1];
  putPlaces(image, { ids: (text ?? '').replace('-', ''), boundId: bound === undefined ? null : Number(bound) }, seen);
}
