import type { DatacenterRef, Viewer } from '../access/viewer.js';
import type { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import type { Condition } from '../platform/database/list/conditions.js';
import { type AppError, badInput, notFound } from '../platform/errors.js';
import { type Key, keyBatch } from '../platform/database/list/key-loader.js';
import type { Connection } from '../platform/database/list/page.js';
import { amongIds, readRows } from '../platform/database/read/read-rows.js';
import type { ObjectSelection } from '../platform/graphql/selection.js';
import { sqlText } from '../platform/database/sql-text.js';
import { countPerDatacenter } from './list/count-images.js';
import type { Row } from './image.columns.js';
import { findStatement, type ImageReading, imageReading, WHOLE } from './image.statement.js';
import type { ImageType } from './image.type.js';
import { type ImageScope, imagesEverywhere, imagesOfDatacenter, usableInDatacenter, visibleWhereAttached } from './image.visibility.js';
import { type ImageListRequest, listImages } from './list/list-images.js';
import { shownManifest } from './manifest/shown-manifest.js';
import { Loader } from '../platform/graphql/loader.js';
import type { Reads } from '../platform/database/read/reads.js';

function noKey(): AppError {
  return badInput([{ path: 'name', message: 'Give the name or the uuid of the image.' }]);
}

/** Reads images as far as they exist for the viewer. */
export class ImageQueries {
  /** By id, one statement per batch; null for one that the viewer cannot see. */
  readonly byId = new Loader<number, ImageType | null>(async (ids) => {
    const found = new Map((await this.#find(amongIds(this.em, 'i.id', ids), WHOLE)).map((image) => [image.id, image]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** Every datacenter the image is attached to, seen or not, by name: for verdicts, never to be shown. */
  readonly attachedTo = new Loader<number, DatacenterRef[]>(async (imageIds) => {
    const text = sqlText`select a.image_id, d.id, d.name from image_attachment a join datacenter d on d.id = a.datacenter_id
      where ${amongIds(this.em, 'a.image_id', imageIds)} order by d.name`;
    const rows = await readRows<[imageId: number, id: number, name: string]>(this.em, text);
    const byImage = Map.groupBy(rows, ([imageId]) => imageId);
    return imageIds.map((imageId) => (byImage.get(imageId) ?? []).map(([, id, name]) => ({ id, name })));
  });

  readonly #rehearsedTags = new Map<number, readonly string[]>();

  readonly #manifestText = new Loader<number, string | null>(async (ids) => {
    const text = sqlText`select i.id, i.manifest from image i where ${amongIds(this.em, 'i.id', ids)}`;
    const found = new Map(await readRows<[id: number, manifest: string]>(this.em, text));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** Per datacenter, how many attached images the viewer sees, those with access DELETED left out. */
  readonly imageCount = new Loader<number, number>(async (ids) =>
    countPerDatacenter(this.em, ids, sqlText`i.access <> 'DELETED' and ${visibleWhereAttached(this.viewer)}`),
  );

  /** Per datacenter, how many images are bound to it: all of them for its DCAdmins, else those that can be seen. */
  readonly boundImageCount = new Loader<number, number>(async (ids) =>
    countPerDatacenter(this.em, ids, sqlText`x.bound_image_id is not null and ${visibleWhereAttached(this.viewer)}`),
  );

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
    private readonly datacenters: DatacenterQueries,
  ) {}

  /** The image of that name or that uuid; null when the viewer cannot see it. Exactly one of both must be given. */
  async one(name: string | null | undefined, uuid: string | null | undefined, selection: ObjectSelection = WHOLE): Promise<ImageType | null> {
    const [hasName, hasUuid] = [typeof name === 'string', typeof uuid === 'string'];
    if (hasName === hasUuid) {
      throw hasName ? badInput([{ path: 'uuid', message: 'Give name or uuid, not both.' }]) : noKey();
    }
    const [image] = await this.#find(typeof name === 'string' ? sqlText`i.name = ${name}` : sqlText`i.uuid = ${uuid ?? null}`, selection);
    return image ?? null;
  }

  /** By id, those of them that the viewer can see, as a relation of a list asks for them. */
  async several(ids: readonly number[], selection: ObjectSelection = WHOLE): Promise<ReadonlyMap<number, ImageType>> {
    return new Map((await this.#find(amongIds(this.em, 'i.id', ids), selection)).map((image) => [image.id, image]));
  }

  /**
   * Many by uuid or by name, which are both among the fields asked for, in one statement; null for each that the viewer cannot
   * see, and an error in the place of what is no key.
   */
  async referred(keys: readonly (Key<'uuid' | 'name'> | Error)[], selection: ObjectSelection): Promise<(ImageType | null | Error)[]> {
    const found = keyBatch({ uuid: 'i.uuid', name: 'i.name' }, async (where) => this.#find(where, selection));
    const images = await found(keys.flatMap((key) => (key instanceof Error ? [] : [key])));
    let at = 0;
    return keys.map((key) => (key instanceof Error ? key : (images[at++] ?? null)));
  }

  /** Forgets what was read before a change, so that several changes of one request each see the present. */
  forget(): void {
    this.byId.clearAll();
    this.attachedTo.clearAll();
    this.#manifestText.clearAll();
    this.#rehearsedTags.clear();
  }

  /** Takes over what others read of an image that is not to be found here: that of a dry run. */
  async adopt(image: ImageType, from: ImageQueries): Promise<void> {
    this.byId.prime(image.id, image);
    this.attachedTo.prime(image.id, await from.attachedTo.load(image.id));
    this.#manifestText.prime(image.id, await from.#manifestText.load(image.id));
    this.#rehearsedTags.set(image.id, image.tags);
  }

  async require(name: string, selection: ObjectSelection = WHOLE): Promise<ImageType> {
    const image = await this.one(name, null, selection);
    if (image === null) throw notFound('image', name);
    return image;
  }

  /** All images attached to a datacenter; for its DCAdmins. */
  async ofDatacenter(datacenter: DatacenterType, showDeleted: boolean, request: ImageListRequest): Promise<Connection<ImageType>> {
    this.viewer.demand('image.list', { datacenter });
    return this.#list(imagesOfDatacenter(this.viewer, datacenter.id, showDeleted), request);
  }

  /** The union over all datacenters that the viewer administers; every image for a SuperAdmin. */
  async everywhere(showDeleted: boolean, request: ImageListRequest): Promise<Connection<ImageType>> {
    this.viewer.demand('image.listAll');
    return this.#list(imagesEverywhere(this.viewer, showDeleted), request);
  }

  /** What a new disk in that datacenter may take. */
  async usableIn(datacenter: DatacenterType, request: ImageListRequest): Promise<Connection<ImageType>> {
    this.viewer.demand('image.listUsable');
    return this.#list(usableInDatacenter(this.viewer, datacenter.id), request);
  }

  /** FORBIDDEN unless the viewer is DCAdmin of a datacenter that the image is attached to. */
  async demandInspect(image: ImageType): Promise<void> {
    if (!image.inspectable) this.viewer.demand('image.inspect', { attached: image.datacenters });
  }

  /** The IMGAPI manifest as the image server shows it. */
  async manifest(image: ImageType): Promise<Record<string, unknown>> {
    const manifest = await this.#manifestText.load(image.id);
    const tags = this.#rehearsedTags.get(image.id) ?? (await this.#tags(image.id));
    const createdAt = new Date(image.createdAt);
    return shownManifest({ ...image, sizeMib: image.size, tags, manifest: manifest ?? '{}', file: image.guardedFile ?? null, createdAt });
  }

  async #list(scope: ImageScope, request: ImageListRequest): Promise<Connection<ImageType>> {
    return listImages(this.em, await this.#reading(request.selection), scope, request);
  }

  async #find(condition: Condition, selection: ObjectSelection): Promise<ImageType[]> {
    const reading = await this.#reading(selection);
    return reading.nodesOf(await readRows<Row>(this.em, findStatement(reading, this.viewer, condition), { steady: true }));
  }

  async #reading(selection: ObjectSelection): Promise<ImageReading> {
    return imageReading({ em: this.em, viewer: this.viewer, seen: await this.datacenters.visible() }, selection);
  }

  async #tags(imageId: number): Promise<string[]> {
    const text = sqlText`select t.tag from image_tag t where t.image_id = ${imageId} order by t.position`;
    return (await readRows<[string]>(this.em, text)).map(([tag]) => tag);
  }
}
