import type { DatacenterRef, Verdict, Viewer } from '../../access/viewer.js';
import { Datacenter } from '../../datacenters/datacenter.entity.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { alreadyExists, AppError, badInput, blame, blaming, notFound } from '../../platform/errors.js';
import { baseUse, hasChildren } from '../bases/base-rules.js';
import { requireRoom } from './bind-limit.js';
import type { ImageAction } from '../image.enums.js';
import { imageUse, inUse } from './image-use.js';
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
 * Throws when the state of an image does not allow an action. Both the mutation, within its transaction, and `Image.actions` use it.
 * `datacenter` is the one to attach to, detach from or use the image in.
 */
export class ActionRules {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
  ) {}

  async demand(action: ImageAction, image: ActionTarget, datacenter: DatacenterRef | null = null): Promise<void> {
    if (action === 'USE') return this.#use(image, datacenter);
    if (action === 'DETACH') requireAttached(image, datacenter);
    if (image.status === 'PENDING') throw notReady(image.name);
    if (action === 'DELETE') await this.#requireRemovable(image);
    if (action === 'DETACH' && datacenter !== null) await this.#requireUnused(image, datacenter);
    if (action === 'ATTACH') await this.#requireDetached(image, datacenter);
    if (action === 'CHANGE_DC_BOUND' && image.bound === null) await this.#requireBindable(image);
  }

  async #requireRemovable(image: ActionTarget): Promise<void> {
    await this.#requireUnused(image, null);
    const use = await baseUse(this.em, this.viewer, image.uuid);
    if (use.count > 0) throw hasChildren(image.name, use);
  }

  async #requireUnused(image: ActionTarget, datacenter: DatacenterRef | null): Promise<void> {
    const use = await imageUse(this.em, this.viewer, image.id, datacenter);
    if (use.count > 0) throw inUse(image.name, use, datacenter);
  }

  async #requireDetached({ name, attached }: ActionTarget, datacenter: DatacenterRef | null): Promise<void> {
    if (datacenter !== null && !attached.some((one) => one.id === datacenter.id)) return;
    const isEverywhere = attached.length >= (await this.em.count(Datacenter));
    if (isEverywhere) throw alreadyExists(`Image ${name} is attached to every datacenter already.`, { image: name });
    if (datacenter !== null) throw alreadyExists(`Image ${name} is attached to datacenter ${datacenter.name} already.`, { datacenter: datacenter.name });
  }

  async #requireBindable({ name, attached }: ActionTarget): Promise<void> {
    const [only, second] = attached;
    if (only === undefined || second !== undefined) {
      const message = `Image ${name} is attached to ${attached.length} datacenters; it can be bound while it is attached to exactly one.`;
      throw badInput([{ path: 'dcBound', code: 'NOT_ACCEPTED', message }]);
    }
    const datacenter = await this.em.findOne(Datacenter, only.id);
    if (datacenter === null) throw notFound('datacenter', only.name);
    await blaming({ dcBound: null }, async () => requireRoom(this.em, datacenter));
  }

  async #use(image: ActionTarget, datacenter: DatacenterRef | null): Promise<void> {
    const { name, access, status, ownerId, attached } = image;
    const choice = { name, access, status, ownerId, isAttachedHere: attached.some((one) => one.id === datacenter?.id), isAttachedAnywhere: attached.length > 0 };
    const { userId, isSuperAdmin } = this.viewer;
    const reason = choiceFault(choice, { ownerId: userId, ownerIsSuperAdmin: isSuperAdmin, datacenter: datacenter?.name ?? '' });
    if (reason !== null) throw notUsable(name, reason);
  }
}

function requireAttached({ name, attached }: ActionTarget, datacenter: DatacenterRef | null): void {
  if (attached.length === 0) throw blame(new AppError('NOT_FOUND', `Image ${name} is attached to no datacenter.`), { image: name });
  if (datacenter === null || attached.some((one) => one.id === datacenter.id)) return;
  const where = attached.map((one) => one.name).join(', ');
  const error = new AppError('NOT_FOUND', `Image ${name} is not attached to datacenter ${datacenter.name}; it is attached to ${where}.`);
  throw blame(error, { datacenter: datacenter.name });
}
