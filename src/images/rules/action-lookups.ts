import type { DatacenterRef, Viewer } from '../../access/viewer.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { Loader } from '../../platform/graphql/loader.js';
import { type BaseUse, baseUses } from '../bases/base-rules.js';
import { type Occupancy, occupancies } from './bind-limit.js';
import { type ImageUse, imageUses } from './image-use.js';

interface Usage {
  imageId: number;
  /** Null: in all datacenters. */
  datacenter: DatacenterRef | null;
}

/**
 * What the rules of actions look up in the database. A mutation asks about one image, and the verdicts of a page about many: they are
 * gathered, so that a page takes as many statements as one image.
 */
export class ActionLookups {
  /** The servers that use an image. */
  readonly uses = new Loader<Usage, ImageUse, string>(async (usages) => this.#readUses(usages), {
    cacheKeyFn: ({ imageId, datacenter }) => `${imageId} ${datacenter?.id ?? ''}`,
  });

  /** The images that build on an image, by its uuid. */
  readonly children = new Loader<string, BaseUse>(async (uuids) => baseUses(this.em, this.viewer, uuids));

  /** How full a datacenter is, by its id; null when it is gone. */
  readonly occupancy = new Loader<number, Occupancy | null>(async (ids) => occupancies(this.em, ids));

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
  ) {}

  async #readUses(usages: readonly Usage[]): Promise<ImageUse[]> {
    const found = new Map<Usage, ImageUse>();
    for (const group of Map.groupBy(usages, ({ datacenter }) => datacenter?.id ?? null).values()) {
      const uses = await imageUses(this.em, this.viewer, group.map(({ imageId }) => imageId), group[0]?.datacenter ?? null);
      group.forEach((usage, at) => found.set(usage, uses[at] ?? { count: 0, servers: [] }));
    }
    return usages.map((usage) => found.get(usage) ?? { count: 0, servers: [] });
  }
}
