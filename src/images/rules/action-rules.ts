import type { DatacenterRef, Verdict, Viewer } from '../../access/viewer.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { alreadyExists, AppError, badInput, blame, notFound } from '../../platform/errors.js';
import { hasChildren } from '../bases/base-rules.js';
import { ActionLookups } from './action-lookups.js';
import { limitRefusal } from './bind-limit.js';
import type { ImageAction } from '../image.enums.js';
import { inUse } from './image-use.js';
import { choiceFault, notUsable } from './usability.js';

/** What the rules check of an image; `attached` has all its datacenters, also those that the viewer cannot see. */
export interface ActionTarget {
  id: number;
  uuid: string;
  name: string;
  status: string;
  access: string;
  ownerId: number;
  attached: readonly DatacenterRef[];
  bound: DatacenterRef | null;
}

/** The refusal of every action while a task works on the image. */
export function notReady(name: string): AppError {
  return new AppError('IMAGE_NOT_READY', `Image ${name} is PENDING; wait for its task to end, or cancel that.`);
}

/** Actions that change files of the image server, and so require it to be operational when there is one. */
export const NEEDS_SERVER: readonly ImageAction[] = ['UPDATE', 'DELETE'];

/** Whether the viewer has the permission for an action on an image that it sees. `bound` is null for an unbound image, and where the viewer cannot see the datacenter. */
export function permission(viewer: Viewer, action: ImageAction, bound: DatacenterRef | null): Verdict {
  switch (action) {
    case 'UPDATE':
      return viewer.can('image.update', { bound });
    case 'DELETE':
      return viewer.can('image.delete', { bound });
    case 'CHANGE_DC_BOUND': {
      const update = viewer.can('image.update', { bound });
      return update.allowed ? viewer.can('image.changeBinding') : update;
    }
    case 'ATTACH':
      return viewer.can('image.attach');
    case 'DETACH':
      return viewer.can('image.detach');
    case 'USE':
      return { allowed: true };
  }
}

/**
 * Throws when the state of an image does not allow an action. The mutation, within its transaction, its dry run and `Image.actions` all use
 * it. `datacenter` is the one to attach to, detach from or use the image in; the other actions need none.
 */
export class ActionRules {
  readonly #lookups: ActionLookups;

  constructor(
    em: Reads,
    private readonly viewer: Viewer,
  ) {
    this.#lookups = new ActionLookups(em, viewer);
  }

  async demand(action: ImageAction, image: ActionTarget, datacenter: DatacenterRef | null = null): Promise<void> {
    if (action === 'USE') return this.#use(image, datacenter);
    if (action === 'DETACH') requireAttached(image, datacenter);
    if (image.status === 'PENDING') throw notReady(image.name);
    if (action === 'DELETE') await this.#requireRemovable(image);
    if (action === 'DETACH' && datacenter !== null) await this.#requireUnused(image, datacenter);
    if (action === 'ATTACH') requireDetached(image, datacenter);
    if (action === 'CHANGE_DC_BOUND' && image.bound === null) await this.#requireBindable(image);
  }

  async #requireRemovable(image: ActionTarget): Promise<void> {
    await this.#requireUnused(image, null);
    const use = await this.#lookups.children.load(image.uuid);
    if (use.count > 0) throw hasChildren(image.name, use);
  }

  async #requireUnused(image: ActionTarget, datacenter: DatacenterRef | null): Promise<void> {
    const use = await this.#lookups.uses.load({ imageId: image.id, datacenter });
    if (use.count > 0) throw inUse(image.name, use, datacenter);
  }

  async #requireBindable({ name, attached }: ActionTarget): Promise<void> {
    const [only, second] = attached;
    if (only === undefined || second !== undefined) {
      const message = `Image ${name} is attached to ${attached.length} datacenters; it can be bound while it is attached to exactly one.`;
      throw badInput([{ path: 'dcBound', code: 'NOT_ACCEPTED', message }]);
    }
    const occupancy = await this.#lookups.occupancy.load(only.id);
    if (occupancy === null) throw notFound('datacenter', only.name);
    const refusal = limitRefusal(occupancy);
    if (refusal !== null) throw blame(refusal, { dcBound: null });
  }

  async #use(image: ActionTarget, datacenter: DatacenterRef | null): Promise<void> {
    const { name, access, status, ownerId, attached } = image;
    const choice = { name, access, status, ownerId, isAttachedHere: attached.some((one) => one.id === datacenter?.id), isAttachedAnywhere: attached.length > 0 };
    const { userId, isSuperAdmin } = this.viewer;
    const reason = choiceFault(choice, { ownerId: userId, ownerIsSuperAdmin: isSuperAdmin, datacenter: datacenter?.name ?? '' });
    if (reason !== null) throw notUsable(name, reason);
  }
}

function requireDetached({ name, attached }: ActionTarget, datacenter: DatacenterRef | null): void {
  if (datacenter === null || !attached.some((one) => one.id === datacenter.id)) return;
  throw alreadyExists(`Image ${name} is attached to datacenter ${datacenter.name} already.`, { datacenter: datacenter.name });
}

function requireAttached({ name, attached }: ActionTarget, datacenter: DatacenterRef | null): void {
  if (attached.length === 0) throw blame(new AppError('NOT_FOUND', `Image ${name} is attached to no datacenter.`), { image: name });
  if (datacenter === null || attached.some((one) => one.id === datacenter.id)) return;
  const where = attached.map((one) => one.name).join(', ');
  const error = new AppError('NOT_FOUND', `Image ${name} is not attached to datacenter ${datacenter.name}; it is attached to ${where}.`);
  throw blame(error, { datacenter: datacenter.name });
}
