import { LockMode } from '@mikro-orm/core';
import type { Viewer } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { notFound } from '../../platform/errors.js';
import { recordDone, recordWork } from '../../tasks/runner/record-task.js';
import type { Announce } from '../../tasks/changes/transact.js';
import { ActionRules, type ActionTarget } from '../rules/action-rules.js';
import { lockForBinding } from '../rules/bind-limit.js';
import { labelTaken } from '../mutations/insert-image.js';
import type { CommandOutcome } from '../mutations/run-command.js';
import { baseWarnings, childWarnings } from '../bases/base-warnings.js';
import { accessWarnings, bindingMadeWarning, bindingRemovedWarning, fieldWarnings } from '../rules/dry-run-warnings.js';
import { ImageAttachment } from '../image-attachment.entity.js';
import { announceImage, attachmentsOf, actionTargetOf, stateOf } from '../events/image-changes.js';
import { Image } from '../image.entity.js';
import { labelKeysOf, type UpdatableValues } from '../rules/image-rules.js';
import { imageUse } from '../rules/image-use.js';
import { applyUpdatableValues, differences, type Differences, type UndoUpdate, updatableValuesOf } from './image-values.js';
import { requireUnchanged } from './if-updated-at.js';

/** The checked changes; undefined: not given. */
export interface ImageUpdate {
  shown: Partial<UpdatableValues>;
  owner: { id: number; username: string } | undefined;
  dcBound: boolean | undefined;
}

export interface Update {
  name: string;
  /** The caller's `updatedAt` of the image; null: any. */
  ifUpdatedAt: Date | null;
  wanted: ImageUpdate;
  hasServer: boolean;
}

export interface UpdateOutcome extends CommandOutcome {
  warnings: string[];
  /** Of a dry run only. */
  dryRunWarnings: string[];
}

/** Updates the row and records the task: SUCCEEDED already, or one that brings the image server up to date and on failure reverts the update. */
export async function recordUpdate(tx: SqlEntityManager, viewer: Viewer, update: Update, announce: Announce): Promise<UpdateOutcome> {
  const { name, wanted, hasServer } = update;
  const image = await tx.findOne(Image, { name }, { lockMode: LockMode.PESSIMISTIC_WRITE, populate: ['tags'] });
  if (image === null) throw notFound('image', name, 'name');
  // Not together with the lock, which would lock the owner as well, and block everybody who refers to that user.
  await tx.populate(image, ['owner']);
  const target = await actionTargetOf(tx, image);
  await new ActionRules(tx, viewer).demand(wanted.dcBound === true ? 'CHANGE_DC_BOUND' : 'UPDATE', target);
  requireUnchanged(image, update.ifUpdatedAt);
  const before = { ...updatableValuesOf(image), owner: image.owner.getEntity().username, dcBound: target.bound !== null };
  const changed = differences(before, { ...wanted.shown, owner: wanted.owner?.username, dcBound: wanted.dcBound });
  await requireFreeLabel(tx, image, wanted.shown);
  const dryRunWarnings = await warningsOf(tx, viewer, target, changed);
  const warnings = changed.access ? await installWarnings(tx, viewer, image, String(changed.access.after)) : [];
  const labelKeys = { aliasKey: image.aliasKey, versionKey: image.versionKey ?? null };
  const undo: UndoUpdate = { shown: updatableValuesOf(image), labelKeys, ownerId: image.owner.id, boundDatacenterId: target.bound?.id ?? null };
  if (changed.dcBound) await changeBinding(tx, target, changed.dcBound.after === true);
  if (wanted.owner) tx.assign(image, { owner: wanted.owner.id });
  // Values that the image has already change nothing: nobody gets a CONFLICT or an event for them.
  const isChanged = Object.keys(changed).length > 0;
  if (isChanged) await applyUpdatableValues(tx, image, wanted.shown);
  const isShown = Object.keys(changed).some((field) => field !== 'owner' && field !== 'dcBound');
  const isWork = hasServer && isShown && image.fileSha1 !== null && image.fileSha1 !== undefined;
  if (isWork) image.status = 'PENDING';
  await tx.flush();
  const after = await attachmentsOf(tx, image.id);
  const datacenterId = after.boundDatacenterId ?? target.bound?.id ?? null;
  const facts = { action: 'IMAGE_UPDATE' as const, ...viewer.starter, datacenterId, imageId: image.id, imageName: name, detail: changed };
  const taskId = isWork ? await recordWork(tx, facts, { instructions: { undo } }, announce) : await recordDone(tx, facts, announce);
  if (isChanged) announceImage('UPDATED', image, { ...after, before: stateOf(target) }, announce);
  if (isWork) dryRunWarnings.push('The image will be PENDING until the image server has its new manifest.');
  return { taskId, work: isWork ? 'IMAGE_UPDATE' : null, warnings, dryRunWarnings };
}

/** Throws ALREADY_EXISTS with the values that are taken. The unique index refuses a concurrent update. */
async function requireFreeLabel(tx: SqlEntityManager, image: Image, { alias = image.alias, version = image.version }: Partial<UpdatableValues>): Promise<void> {
  if (alias === image.alias && version === image.version) return;
  const other = await tx.count(Image, { ...labelKeysOf({ alias, version }), id: { $ne: image.id } });
  if (other > 0) throw labelTaken({ alias, version });
}

async function changeBinding(tx: SqlEntityManager, { id, attached }: ActionTarget, isBound: boolean): Promise<void> {
  const [datacenter] = attached;
  if (!isBound || datacenter === undefined) {
    await tx.nativeUpdate(ImageAttachment, { image: id }, { boundImageId: null });
    return;
  }
  await lockForBinding(tx, datacenter.id, datacenter.name);
  await tx.nativeUpdate(ImageAttachment, { image: id, datacenter: datacenter.id }, { boundImageId: id });
}

/** What a new access means for compute nodes that install the image, or those that build on it. */
async function installWarnings(tx: SqlEntityManager, viewer: Viewer, { uuid, origin }: Image, access: string): Promise<string[]> {
  return [...(await childWarnings(tx, viewer, { access, origin })), ...(await baseWarnings(tx, { uuid, access }))];
}

async function warningsOf(tx: SqlEntityManager, viewer: Viewer, target: ActionTarget, changed: Differences): Promise<string[]> {
  const { access, dcBound, tags } = changed;
  const [datacenter] = target.attached;
  const dryRunWarnings = fieldWarnings(changed);
  const { count } = access || tags ? await imageUse(tx, viewer, target.id) : { count: 0 };
  if (access) dryRunWarnings.push(...accessWarnings(String(access.after), count));
  if (tags && count > 0) dryRunWarnings.push(`${count} server${count === 1 ? ' inherits' : 's inherit'} the new tags.`);
  if (dcBound?.after === false && target.bound) dryRunWarnings.push(await bindingRemovedWarning(tx, target.bound));
  if (dcBound?.after === true && datacenter) dryRunWarnings.push(await bindingMadeWarning(tx, datacenter));
  return dryRunWarnings;
}
