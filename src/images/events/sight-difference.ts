import type { RequestContainer } from '../../access/request-container.js';
import { amongIds, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlInteger, sqlText } from '../../platform/database/sql-text.js';
import type { ImageChange, ImageState } from '../../tasks/changes/change.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { slowReader } from '../../tasks/changes/change-listener.js';
import type { ChangeSource } from '../../tasks/changes/change-source.js';
import type { ImageSight } from './image-sight.js';

const IMAGES_PER_PAGE = 200;
const PAGE_LIMIT = sqlInteger(IMAGES_PER_PAGE, { max: IMAGES_PER_PAGE });
/** Images that may change while those of the datacenters are read. */
const MOST_CHANGED = 10_000;
/** A change may be committed after one that was made this much later. */
const OVERLAP_MS = 2000;

/** Rights that were replaced, the rights that replaced them, and when. */
export interface SightChange {
  before: ImageSight;
  after: ImageSight;
  at: number;
}

/** Where images may be seen otherwise now: those attached to these datacenters, or any; only one of them where a name is given. */
export interface Suspects {
  datacenterIds: readonly number[] | null;
  name: string | null;
}

interface Candidate extends Pick<ImageChange, 'imageId' | 'uuid' | 'name'> {
  state: ImageState;
}

type ImageRow = [id: number, uuid: string, name: string, access: string, status: string, ownerId: number];

/**
 * The images that a subscriber sees or may change otherwise because its rights have changed, as changes of each. Every image is judged as it was when the
 * rights changed, so that nothing is told of what happened to it since.
 */
export class SightDifference implements ChangeSource {
  #datacenterAt = 0;
  #afterId = 0;
  #isOver = false;
  #recordedTo = 0;
  #changed = new Set<number>();

  constructor(
    private readonly changes: ChangeBus,
    private readonly sight: SightChange,
    private readonly suspects: Suspects,
  ) {}

  /** Throws SLOW_READER when more images change meanwhile than it can hold. */
  async page({ reads }: RequestContainer): Promise<readonly ImageChange[] | null> {
    if (this.#isOver) return null;
    // An image that is attached to several of the datacenters was told with the first of them.
    const earlier = new Set(this.suspects.datacenterIds?.slice(0, this.#datacenterAt));
    const images = await this.#nextImages(reads);
    const present = images.filter(({ state }) => !state.datacenterIds.some((id) => earlier.has(id)));
    // Read after the images, so that each change that these rows show is among them.
    const changed = await this.#changedSince(reads);
    const { before, after, at } = this.sight;
    return [...changed, ...present.filter(({ imageId }) => !this.#changed.has(imageId))]
      .filter(({ state }) => before.view(state) !== after.view(state))
      .map(({ state, ...image }) => ({ type: 'image', kind: 'UPDATED', ...image, before: state, datacenterIds: state.datacenterIds, at }));
  }

  fork(): SightDifference {
    const fork = new SightDifference(this.changes, this.sight, this.suspects);
    fork.#datacenterAt = this.#datacenterAt;
    fork.#afterId = this.#afterId;
    fork.#isOver = this.#isOver;
    fork.#recordedTo = this.#recordedTo;
    fork.#changed = new Set(this.#changed);
    return fork;
  }

  covers(): boolean {
    return false;
  }

  async #nextImages(em: Reads): Promise<Candidate[]> {
    const ids = await this.#nextIds(em);
    if (ids.length < IMAGES_PER_PAGE) {
      this.#datacenterAt += 1;
      this.#afterId = 0;
      this.#isOver = this.#datacenterAt >= (this.suspects.datacenterIds?.length ?? 1) || this.suspects.name !== null;
    } else {
      this.#afterId = ids.at(-1) ?? 0;
    }
    return ids.length === 0 ? [] : readCandidates(em, ids);
  }

  async #nextIds(em: Reads): Promise<number[]> {
    const { datacenterIds, name } = this.suspects;
    const text =
      name !== null
        ? sqlText`select i.id from image i where i.name = ${name}`
        : datacenterIds === null
          ? sqlText`select i.id from image i where i.id > ${this.#afterId} order by i.id limit ${PAGE_LIMIT}`
          : sqlText`select a.image_id from image_attachment a where a.datacenter_id = ${datacenterIds.at(this.#datacenterAt) ?? 0} and a.image_id > ${this.#afterId}
            order by a.image_id limit ${PAGE_LIMIT}`;
    return (await readRows<[id: number]>(em, text)).map(([id]) => id);
  }

  /** Images that have changed since the rights did, as they were then; each once. */
  async #changedSince(em: Reads): Promise<Candidate[]> {
    const found: Candidate[] = [];
    let position = { since: Math.max(this.sight.at, this.#recordedTo - OVERLAP_MS), afterId: '' };
    for (;;) {
      const { changes, next } = await this.changes.recorded(em, position);
      for (const change of changes) {
        if (change.type !== 'image' || this.#changed.has(change.imageId)) continue;
        const { imageId, uuid, name, before } = change;
        this.#changed.add(imageId);
        if (before !== null) found.push({ imageId, uuid, name, state: before });
      }
      if (this.#changed.size > MOST_CHANGED) throw slowReader('Your rights changed, and too many images at the same time');
      this.#recordedTo = changes.at(-1)?.at ?? this.#recordedTo;
      if (next === null) return found;
      position = next;
    }
  }
}

async function readCandidates(em: Reads, ids: readonly number[]): Promise<Candidate[]> {
  const images = await readRows<ImageRow>(em, sqlText`select i.id, i.uuid, i.name, i.access, i.status, i.owner_id from image i where ${amongIds(em, 'i.id', ids)}`);
  const attachments = await readRows<[imageId: number, datacenterId: number, boundImageId: number | null]>(
    em,
    sqlText`select a.image_id, a.datacenter_id, a.bound_image_id from image_attachment a where ${amongIds(em, 'a.image_id', ids)}`,
  );
  const byImage = Map.groupBy(attachments, ([imageId]) => imageId);
  return images.map(([imageId, uuid, name, access, status, ownerId]) => {
    const attached = byImage.get(imageId) ?? [];
    const boundDatacenterId = attached.find(([, , bound]) => bound !== null)?.[1] ?? null;
    return { imageId, uuid, name, state: { access, status, ownerId, datacenterIds: attached.map(([, id]) => id), boundDatacenterId } };
  });
}
