import type { Viewer } from '../../access/viewer.js';
import type { VisibleDatacenters } from '../../datacenters/datacenter-cache.js';
import { WeakMemo } from '../../platform/memory/weak-memo.js';
import type { ImageState } from '../../tasks/changes/change.js';
import { isVisible } from '../image.visibility.js';

/** What a viewer holds in each datacenter that decides which images it sees, as text to compare. */
const rightsByDatacenters = new WeakMemo<VisibleDatacenters, ReadonlyMap<number, string>>();

/** Which images a subscriber sees at one moment: those that its rights of that moment let it see, in the datacenter that it listens to. */
export class ImageSight {
  constructor(
    private readonly viewer: Viewer,
    private readonly datacenters: VisibleDatacenters,
    /** Null: it listens to all datacenters. */
    private readonly datacenterId: number | null,
  ) {}

  /** Also decides on images of the past, which are hidden or gone by now. */
  sees(state: ImageState): boolean {
    const isListenedTo = this.datacenterId === null || state.datacenterIds.includes(this.datacenterId);
    return isListenedTo && isVisible(this.viewer, state, this.datacenters);
  }

  /** What the rights let the subscriber see of an image and do to it, to compare; empty when it does not see the image. */
  view(state: ImageState): string {
    if (!this.sees(state)) return '';
    const { viewer, datacenters } = this;
    const { datacenterIds, boundDatacenterId: bound } = state;
    const mayInspect = datacenterIds.some((id) => viewer.mayIn('image.list', id));
    const mayUpdate = bound !== null && viewer.mayIn('image.update', bound);
    return JSON.stringify([viewer.isSuperAdmin, mayInspect, mayUpdate, ...datacenterIds.filter((id) => datacenters.byId(id) !== null)]);
  }

  /** The datacenters whose images the other one may see otherwise; null: any image. */
  differences(other: ImageSight): readonly number[] | null {
    if (this.viewer.isSuperAdmin !== other.viewer.isSuperAdmin || this.viewer.userId !== other.viewer.userId) return null;
    if (this.viewer.isSuperAdmin || (this.viewer === other.viewer && this.datacenters === other.datacenters)) return [];
    const [mine, theirs] = [this.#rights(), other.#rights()];
    return [...new Set([...mine.keys(), ...theirs.keys()])].filter((id) => mine.get(id) !== theirs.get(id));
  }

  #rights(): ReadonlyMap<number, string> {
    return rightsByDatacenters.getOrCompute(this.datacenters, () => {
      const { viewer } = this;
      return new Map(this.datacenters.all.map(({ id }) => [id, `${viewer.mayIn('image.list', id)} ${viewer.mayIn('image.update', id)}`]));
    });
  }
}
