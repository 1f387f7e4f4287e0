import type { DatacenterRef, Viewer } from '../../access/viewer.js';
import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { notFound } from '../../platform/errors.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlConstant, sqlText } from '../../platform/database/sql-text.js';
import type { ImageChange, ImageState } from '../../tasks/changes/change.js';
import type { Announce } from '../../tasks/changes/transact.js';
import type { ActionTarget } from '../rules/action-rules.js';
import { visibleImages } from '../image.visibility.js';

/** Where an image is attached and bound. */
export interface Attachments {
  datacenterIds: number[];
  boundDatacenterId: number | null;
}

export async function attachmentsOf(tx: SqlEntityManager, imageId: number): Promise<Attachments> {
  const text = sqlText`select a.datacenter_id, a.bound_image_id from image_attachment a where a.image_id = ${imageId} order by a.datacenter_id`;
  const rows = await readRows<[datacenterId: number, boundImageId: number | null]>(tx, text);
  return { datacenterIds: rows.map(([id]) => id), boundDatacenterId: rows.find(([, bound]) => bound !== null)?.[0] ?? null };
}

/** The columns of an image that rules and events need. */
export interface LockedImage {
  id: number;
  uuid: string;
  name: string;
  status: string;
  access: string;
  owner: { id: number };
}

type LockedRow = [id: number, uuid: string, name: string, status: string, access: string, ownerId: number];

/** The image of that name, locked until the transaction ends. NOT_FOUND when the viewer cannot see it. */
export async function lockImage(tx: SqlEntityManager, viewer: Viewer, named: string): Promise<LockedImage> {
  // On SQLite, a transaction that writes locks the whole database.
  const held = sqlConstant(isSqlite(tx) ? '' : ' for update of i');
  const text = sqlText`select i.id, i.uuid, i.name, i.status, i.access, i.owner_id from image i
    where i.name = ${named} and ${visibleImages(viewer)}${held}`;
  const [row] = await readRows<LockedRow>(tx, text);
  if (row === undefined) throw notFound('image', named, 'image');
  return toLocked(row);
}

function toLocked([id, uuid, name, status, access, ownerId]: LockedRow): LockedImage {
  return { id, uuid, name, status, access, owner: { id: ownerId } };
}

/** An image with all its datacenters, sorted by name, for the rules of actions. */
export async function actionTargetOf(tx: SqlEntityManager, { id, uuid, name, status, access, owner }: LockedImage): Promise<ActionTarget> {
  const text = sqlText`select d.id, d.name, a.bound_image_id from image_attachment a join datacenter d on d.id = a.datacenter_id
    where a.image_id = ${id}`;
  const rows = await readRows<[id: number, name: string, boundImageId: number | null]>(tx, text);
  const attached: DatacenterRef[] = rows.map(([placeId, placeName]) => ({ id: placeId, name: placeName })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const boundId = rows.find(([, , bound]) => bound !== null)?.[0];
  return { id, uuid, name, status, access, ownerId: owner.id, attached, bound: attached.find((one) => one.id === boundId) ?? null };
}

/** Where an image is attached and bound after a change, and what of its state was different before; null where the change created it. */
export interface AnnouncedChange extends Attachments {
  before: Partial<ImageState> | null;
}

/** Announces a change, with what decides who saw the image before: it may be gone or hidden when the event is delivered. */
export function announceImage(kind: ImageChange['kind'], image: LockedImage, { before, datacenterIds, boundDatacenterId }: AnnouncedChange, announce: Announce): void {
  const { id: imageId, uuid, name, status, access, owner } = image;
  const state = before && { access, status, ownerId: owner.id, datacenterIds, boundDatacenterId, ...before };
  announce({ type: 'image', kind, imageId, uuid, name, before: state, datacenterIds });
}

/** The state of an image before a change, for `announceImage`. */
export function stateOf({ access, status, ownerId, attached, bound }: ActionTarget): ImageState {
  return { access, status, ownerId, datacenterIds: attached.map(({ id }) => id), boundDatacenterId: bound?.id ?? null };
}

/** Announces a change of a base whose children became more or fewer; nothing when there is no base. */
export async function announceBase(tx: SqlEntityManager, origin: string | null | undefined, announce: Announce): Promise<void> {
  if (origin === null || origin === undefined) return;
  const [row] = await readRows<LockedRow>(tx, sqlText`select i.id, i.uuid, i.name, i.status, i.access, i.owner_id from image i where i.uuid = ${origin}`);
  if (row === undefined) return;
  const base = toLocked(row);
  announceImage('UPDATED', base, { ...(await attachmentsOf(tx, base.id)), before: {} }, announce);
}
