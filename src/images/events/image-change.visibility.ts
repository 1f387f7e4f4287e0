import type { Viewer } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import type { ImageChange } from '../../tasks/changes/change.js';
import type { ImageChangeType } from './image-change.type.js';
import { Image } from '../image.entity.js';
import type { ImageQueries } from '../image.queries.js';

/** Who may hear of a change: who sees the image now, or saw it when there was nothing left to see. */
export class ImageChangeVisibility {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly images: ImageQueries,
    private readonly datacenters: DatacenterQueries,
  ) {}

  /** The change as this viewer may see it; null when it may not. */
  async show(change: ImageChange): Promise<ImageChangeType | null> {
    const { kind, name, uuid } = change;
    const image = kind === 'DELETED' ? null : await this.images.byId.load(change.imageId);
    if (image !== null) return { kind, name, uuid, image };
    if (kind !== 'DELETED' && (await this.#exists(change.imageId))) return null;
    return (await this.#couldSee(change)) ? { kind, name, uuid, image: null } : null;
  }

  async #exists(imageId: number): Promise<boolean> {
    return (await this.em.count(Image, { id: imageId })) > 0;
  }

  /** The rule of `visibleImages`, over what the change tells of a row that is gone. */
  async #couldSee(change: ImageChange): Promise<boolean> {
    if (this.viewer.isSuperAdmin) return true;
    if (change.access === 'DELETED') {
      return change.boundDatacenterId !== null && this.viewer.mayIn('image.update', change.boundDatacenterId);
    }
    if (change.datacenterIds.some((id) => this.viewer.mayIn('image.list', id))) return true;
    if (change.access !== 'PUBLIC' && change.ownerId !== this.viewer.userId) return false;
    const attached = await Promise.all(change.datacenterIds.map(async (id) => this.datacenters.byId.load(id)));
    return attached.some((one) => one !== null);
  }
}
