import type { Viewer } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import type { ImageChange } from '../../tasks/changes/change.js';
import type { ImageChangeType } from './image-change.type.js';
import { Image } from '../image.entity.js';
import { IMAGE_IDS } from '../image.type.js';
import type { ImageQueries } from '../image.queries.js';
import { isVisible } from '../image.visibility.js';

/** Decides who may be told of a change: who sees the image now or, once its row is gone, who saw it last. */
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
    const imageId = IMAGE_IDS.encode(change.imageId);
    const image = kind === 'DELETED' ? null : await this.images.byId.load(change.imageId);
    if (image !== null) return { kind, name, uuid, imageId, image };
    if (kind !== 'DELETED' && (await this.#exists(change.imageId))) return null;
    return (await this.#couldSee(change)) ? { kind, name, uuid, imageId, image: null } : null;
  }

  async #exists(imageId: number): Promise<boolean> {
    return (await this.em.count(Image, { id: imageId })) > 0;
  }

  /** An image is OK until its own deletion makes it PENDING, so whoever saw it before that may be told that it is gone. */
  async #couldSee(change: ImageChange): Promise<boolean> {
    return isVisible(this.viewer, { ...change, status: 'OK' }, await this.datacenters.visible());
  }
}
