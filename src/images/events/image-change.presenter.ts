import type { RequestContainer } from '../../access/request-container.js';
import { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import type { ImageChange } from '../../tasks/changes/change.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { slowReader } from '../../tasks/changes/change-listener.js';
import type { ChangeSource } from '../../tasks/changes/change-source.js';
import type { Presenter } from '../../tasks/changes/change-stream.js';
import { ImageQueries } from '../image.queries.js';
import { IMAGE_IDS } from '../image.type.js';
import type { ImageChangeType } from './image-change.type.js';
import { ImageSight } from './image-sight.js';
import { SightDifference } from './sight-difference.js';

/** Former rights are held while changes of their time may still come. */
const LATEST_CHANGE_MS = 10_000;
const MOST_FORMER = 64;

/** What a subscription asks for. */
export interface ImageChangedArgs {
  datacenter?: string | null;
  image?: string | null;
}

/** The rights that a subscriber had until some time. */
interface FormerSight {
  sight: ImageSight;
  until: number;
}

/**
 * Shows a change to who sees the image now; to who saw it before and does not now, that it is HIDDEN or DELETED, with its key alone. Who
 * saw it before is judged by the rights of that time. When rights change, it has the images told that come into sight or leave it.
 */
export class ImageChangePresenter implements Presenter<'image', ImageChangeType> {
  readonly type = 'image';
  #datacenterId: number | null = null;
  #sight: ImageSight | null = null;
  #former: readonly FormerSight[] = [];

  constructor(
    private readonly args: ImageChangedArgs,
    private readonly changes: ChangeBus,
  ) {}

  /** NOT_FOUND when the viewer can no longer see the datacenter asked for. */
  async admit(container: RequestContainer, isIdle: boolean): Promise<ChangeSource | null> {
    const datacenters = container.get(DatacenterQueries);
    this.#datacenterId = this.args.datacenter ? (await datacenters.require(this.args.datacenter)).id : null;
    const now = this.changes.now();
    if (isIdle) this.#former = this.#former.filter(({ until }) => until > now - LATEST_CHANGE_MS);
    return this.#replaceSight(new ImageSight(container.viewer, await datacenters.visible(), this.#datacenterId), now);
  }

  isWanted({ name, before, datacenterIds }: ImageChange): boolean {
    if (this.args.image && this.args.image !== name) return false;
    const id = this.#datacenterId;
    return id === null || datacenterIds.includes(id) || before?.datacenterIds.includes(id) === true;
  }

  async show(changes: readonly ImageChange[], container: RequestContainer): Promise<ImageChangeType | null> {
    const last = changes.at(-1);
    if (last === undefined) return null;
    const key = { name: last.name, uuid: last.uuid, imageId: IMAGE_IDS.encode(last.imageId) };
    const image = last.kind === 'DELETED' ? null : await container.get(ImageQueries).byId.load(last.imageId);
    const isListenedTo = this.#datacenterId === null || image?.datacenters.some(({ id }) => id === this.#datacenterId) === true;
    if (image !== null && isListenedTo) return { kind: last.kind, ...key, image };
    if (!changes.some((change) => this.#wasSeen(change))) return null;
    const isThere = image !== null || (last.kind !== 'DELETED' && (await exists(container, last.imageId)));
    return { kind: isThere ? 'HIDDEN' : 'DELETED', ...key, image: null };
  }

  forgetShown(): void {}

  fork(): ImageChangePresenter {
    const fork = new ImageChangePresenter(this.args, this.changes);
    fork.#datacenterId = this.#datacenterId;
    fork.#sight = this.#sight;
    fork.#former = this.#former;
    return fork;
  }

  #replaceSight(sight: ImageSight, now: number): SightDifference | null {
    const former = this.#sight;
    const datacenterIds = former === null ? [] : former.differences(sight);
    this.#sight = sight;
    if (former === null || datacenterIds?.length === 0) return null;
    if (this.#former.length >= MOST_FORMER) throw slowReader('Your rights changed more often than this stream could follow');
    this.#former = [...this.#former, { sight: former, until: now }];
    return new SightDifference(this.changes, { before: former, after: sight, at: now }, { datacenterIds, name: this.args.image || null });
  }

  /** By the rights that the subscriber had when it was changed. */
  #wasSeen({ before, at = this.changes.now() }: ImageChange): boolean {
    const sight = this.#former.find(({ until }) => at <= until)?.sight ?? this.#sight;
    return before !== null && sight?.sees(before) === true;
  }
}

async function exists({ reads }: RequestContainer, imageId: number): Promise<boolean> {
  return (await readRows(reads, sqlText`select i.id from image i where i.id = ${imageId}`)).length > 0;
}
