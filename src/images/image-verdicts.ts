import { sql } from 'kysely';
import type { Viewer, Verdict } from '../access/viewer.js';
import type { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import { type SqlEntityManager, statements } from '../platform/database.js';
import { AppError } from '../platform/errors.js';
import { IMAGE_ACTIONS, type ImageAction } from './image.enums.js';
import type { ImageActionVerdictType, ImageType } from './image.type.js';

function refused(code: ConstructorParameters<typeof AppError>[0], message: string): Verdict {
  return { allowed: false, error: new AppError(code, message) };
}

/** Why nothing may be done to an image while a task is at work on it. */
export function notReady(name: string): AppError {
  return new AppError('IMAGE_NOT_READY', `Image ${name} is PENDING; wait for its task to end, or cancel that.`);
}

/** The verdict on each action, as the mutation itself would answer before it looks at its further input. */
export class ImageVerdicts {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly datacenters: DatacenterQueries,
  ) {}

  async all(image: ImageType): Promise<ImageActionVerdictType[]> {
    const bound = image.boundDatacenterId === null ? null : await this.datacenters.byId.load(image.boundDatacenterId);
    const inUse = this.viewer.can('image.delete', { bound }).allowed ? await this.#serverCount(image.id) : 0;
    return IMAGE_ACTIONS.map((action) => {
      const verdict = this.#verdict(action, image, bound, inUse);
      return verdict.allowed
        ? { action, allowed: true, code: null, reason: null }
        : { action, allowed: false, code: verdict.error.code, reason: verdict.error.message };
    });
  }

  #verdict(action: ImageAction, image: ImageType, bound: DatacenterType | null, inUse: number): Verdict {
    if (action === 'USE') return this.#use(image);
    const permission = this.#permission(action, bound);
    if (!permission.allowed) return permission;
    if (image.status === 'PENDING') return { allowed: false, error: notReady(image.name) };
    return action === 'DELETE' && inUse > 0 ? { allowed: false, error: inUseError(image.name, inUse) } : permission;
  }

  #permission(action: Exclude<ImageAction, 'USE'>, bound: DatacenterType | null): Verdict {
    switch (action) {
      case 'UPDATE':
        return this.viewer.can('image.update', { bound });
      case 'DELETE':
        return this.viewer.can('image.delete', { bound });
      case 'CHANGE_DC_BOUND':
        return this.viewer.can('image.changeBinding');
      case 'ATTACH':
        return this.viewer.can('image.attach');
      case 'DETACH':
        return this.viewer.can('image.detach');
    }
  }

  #use(image: ImageType): Verdict {
    if (image.status === 'PENDING') return { allowed: false, error: notReady(image.name) };
    if (image.access === 'DELETED') return refused('IMAGE_NOT_USABLE', `Image ${image.name} is deleted; only disks that have it keep it.`);
    const mine = this.viewer.isSuperAdmin || image.ownerId === this.viewer.userId;
    return image.access === 'PUBLIC' || mine
      ? { allowed: true }
      : refused('IMAGE_NOT_USABLE', `Image ${image.name} is private; only its owner and SuperAdmins use it.`);
  }

  async #serverCount(imageId: number): Promise<number> {
    const statement = sql<{ total: number | string }>`select count(distinct server_id) as total from virtual_disk where image_id = ${imageId}`;
    return Number((await statement.execute(statements(this.em))).rows[0]?.total ?? 0);
  }
}

export function inUseError(name: string, servers: number): AppError {
  const count = servers === 1 ? '1 server' : `${servers} servers`;
  return new AppError('IMAGE_IN_USE', `Image ${name} is used by ${count}; remove its disks there, or set its access to DELETED.`);
}
