import type { Viewer } from '../../access/viewer.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { visibleImages } from '../image.visibility.js';

/** Names the base only to a viewer who sees it; everybody who imports a child knows its uuid. */
async function shownBase(em: Reads, viewer: Viewer, uuid: string): Promise<string> {
  const [row] = await readRows<[name: string]>(em, sqlText`select i.name from image i where i.uuid = ${uuid} and ${visibleImages(viewer)}`);
  return row === undefined ? uuid : `${row[0]} (${uuid})`;
}

/** The warning about a PUBLIC image whose base is not PUBLIC; none when there is no base. */
export async function childWarnings(em: Reads, viewer: Viewer, child: { access?: string; origin?: string | null }): Promise<string[]> {
  const { access, origin } = child;
  if (access !== 'PUBLIC' || origin === null || origin === undefined) return [];
  const [base] = await readRows<[access: string]>(em, sqlText`select i.access from image i where i.uuid = ${origin}`);
  if (base === undefined || base[0] === 'PUBLIC') return [];
  return [`The image is PUBLIC and its base ${await shownBase(em, viewer, origin)} is ${base[0]}: compute nodes outside IMGAPI_TRUSTED see the image, but cannot fetch its base.`];
}

/** The warning about a base that is no longer PUBLIC while PUBLIC images build on it. */
export async function baseWarnings(em: Reads, { uuid, access }: { uuid: string; access: string }): Promise<string[]> {
  if (access === 'PUBLIC') return [];
  const [row] = await readRows<[total: number | string]>(em, sqlText`select count(*) as total from image i where i.origin = ${uuid} and i.access = 'PUBLIC'`, { heavy: true });
  const count = Number(row?.[0] ?? 0);
  if (count === 0) return [];
  const build = count === 1 ? '1 PUBLIC image builds' : `${count} PUBLIC images build`;
  return [`${build} on it: compute nodes outside IMGAPI_TRUSTED see ${count === 1 ? 'that image' : 'those images'}, but cannot fetch a base that is ${access}.`];
}
