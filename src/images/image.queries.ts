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
import { findStatement, type ImageReader, imageReader, type RowValues, WHOLE } from './image.statement.js';
import { type ImageType, isWhole, type SelectedImage } from './image.type.js';
import { type ImageScope, imagesEverywhere, imagesOfDatacenter, usableInDatacenter, visibleWhereAttached } from './image.visibility.js';
import { type ImageListRequest, listImages } from './list/list-images.js';
import { shownManifest } from './manifest/shown-manifest.js';
import { Loader } from '../platform/graphql/loader.js';
import type { Reads } from '../platform/database/read/reads.js';

function noKey(): AppError {
  return badInput([{ path: 'name', code: 'REQUIRED', message: 'Give the name or the uuid of the image.' }]);
}

function requireWhole(image: SelectedImage): ImageType {
  if (isWhole(image)) return image;
  throw new Error(`Of the image ${image.id} only selected fields were read.`);
}

function hasKeys(image: SelectedImage): image is SelectedImage & Pick<ImageType, 'uuid' | 'name'> {
  return image.uuid !== undefined && image.name !== undefined;
}

/** Reads the images that exist for the viewer. */
export class ImageQueries {
  /** By id, one statement per batch; null for one that the viewer cannot see. */
  readonly byId = new Loader<number, ImageType | null>(async (ids) => {
    const images = (await this.#find(amongIds(this.em, 'i.id', ids), WHOLE)).map(requireWhole);
    const found = new Map(images.map((image) => [image.id, image]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** By uuid, one statement per batch; null for one that the viewer cannot see. */
  readonly byUuid = new Loader<string, ImageType | null>(async (uuids) => {
    const images = (await this.#find(amongIds(this.em, 'i.uuid', uuids), WHOLE)).map(requireWhole);
    const found = new Map(images.map((image) => [image.uuid, image]));
    return uuids.map((uuid) => found.get(uuid) ?? null);
  });

  /** Every datacenter the image is attached to, sorted by name, also those that the viewer cannot see: for verdicts, never to be shown. */
  readonly attachedTo = new Loader<number, DatacenterRef[]>(async (imageIds) => {
    const text = sqlText`select a.image_id, d.id, d.name from image_attachment a join datacenter d on d.id = a.datacenter_id
      where ${amongIds(this.em, 'a.image_id', imageIds)} order by d.name`;
    const rows = await readRows<[imageId: number, id: number, name: string]>(this.em, text);
    const byImage = Map.groupBy(rows, ([imageId]) => imageId);
    return imageIds.map((imageId) => (byImage.get(imageId) ?? []).map(([, id, name]) => ({ id, name })));
  });

  /** Tags of images that a dry run wrote, whose rows are gone. */
  readonly #dryRunTags = new Map<number, readonly string[]>();

  readonly #manifestText = new Loader<number, string | null>(async (ids) => {
    const text = sqlText`select i.id, i.manifest from image i where ${amongIds(this.em, 'i.id', ids)}`;
    const found = new Map(await readRows<[id: number, manifest: string]>(this.em, text));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** Per datacenter, how many attached images the viewer sees, without those whose access is DELETED. */
  readonly imageCount = new Loader<number, number>(async (ids) =>
    countPerDatacenter(this.em, ids, sqlText`i.access <> 'DELETED' and ${visibleWhereAttached(this.viewer)}`),
  );

  /** Per datacenter, how many images are bound to it: all of them for its DCAdmins, for others those that they see. */
  readonly boundImageCount = new Loader<number, number>(async (ids) =>
    countPerDatacenter(this.em, ids, sqlText`x.bound_image_id is not null and ${visibleWhereAttached(this.viewer)}`),
  );

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
    private readonly datacenters: DatacenterQueries,
  ) {}

  /** The whole image of that name or that uuid; null when the viewer cannot see it. Exactly one of both must be given. */
  async one(name: string | null, uuid: string | null): Promise<ImageType | null> {
    const image = await this.select(name, uuid, WHOLE);
    return image === null ? null : requireWhole(image);
  }

  /** The selected fields of the image of that name or that uuid; null when the viewer cannot see it. Exactly one of both must be given. */
  async select(name: string | null | undefined, uuid: string | null | undefined, selection: ObjectSelection): Promise<SelectedImage | null> {
    const [hasName, hasUuid] = [typeof name === 'string', typeof uuid === 'string'];
    if (hasName === hasUuid) {
      throw hasName ? badInput([{ path: 'uuid', code: 'EXCLUSIVE', message: 'Give name or uuid, not both.', params: { other: 'name' } }]) : noKey();
    }
    const [image] = await this.#find(typeof name === 'string' ? sqlText`i.name = ${name}` : sqlText`i.uuid = ${uuid ?? null}`, selection);
    return image ?? null;
  }

  /** The whole image of that name; NOT_FOUND when the viewer cannot see it. `path` is the input that names it. */
  async require(name: string, path = 'name'): Promise<ImageType> {
    const image = await this.one(name, null);
    if (image === null) throw notFound('image', name, path);
    return image;
  }

  /** The selected fields of the image of that name; NOT_FOUND when the viewer cannot see it. */
  async requireSelected(name: string, selection: ObjectSelection): Promise<SelectedImage> {
    const image = await this.select(name, null, selection);
    if (image === null) throw notFound('image', name, 'image');
    return image;
  }

  /** By id, in one statement, those that the viewer can see. */
  async several(ids: readonly number[], selection: ObjectSelection = WHOLE): Promise<ReadonlyMap<number, SelectedImage>> {
    return new Map((await this.#find(amongIds(this.em, 'i.id', ids), selection)).map((image) => [image.id, image]));
  }

  /**
   * By id, uuid or name, in one statement; the last two must be selected. Null for each image that the viewer cannot see; an error among the keys is
   * returned in its position.
   */
  async referred(keys: readonly (Key<'id' | 'uuid' | 'name'> | Error)[], selection: ObjectSelection): Promise<(SelectedImage | null | Error)[]> {
    const found = keyBatch({ id: 'i.id', uuid: 'i.uuid', name: 'i.name' }, async (where) => (await this.#find(where, selection)).filter(hasKeys));
    const images = await found(keys.flatMap((key) => (key instanceof Error ? [] : [key])));
    let at = 0;
    return keys.map((key) => (key instanceof Error ? key : (images[at++] ?? null)));
  }

  /** Clears what was read before a change, so that each of several changes in one request sees the present. */
  forget(): void {
    this.byId.clearAll();
    this.byUuid.clearAll();
    this.attachedTo.clearAll();
    this.#manifestText.clearAll();
    this.#dryRunTags.clear();
  }

  /** Takes over what `from` reads of an image that a dry run wrote, before its transaction is rolled back. */
  async adopt(image: ImageType, from: ImageQueries): Promise<void> {
    this.byId.prime(image.id, image);
    this.attachedTo.prime(image.id, await from.attachedTo.load(image.id));
    this.#manifestText.prime(image.id, await from.#manifestText.load(image.id));
    this.#dryRunTags.set(image.id, image.tags);
  }

  /** All images attached to a datacenter; FORBIDDEN unless the viewer is DCAdmin there. */
  async ofDatacenter(datacenter: DatacenterType, showDeleted: boolean, request: ImageListRequest): Promise<Connection<SelectedImage>> {
    this.viewer.demand('image.list', { datacenter });
    return this.#list(imagesOfDatacenter(this.viewer, datacenter.id, showDeleted), request);
  }

  /** The images of all datacenters that the viewer administers; every image for a SuperAdmin. */
  async everywhere(showDeleted: boolean, request: ImageListRequest): Promise<Connection<SelectedImage>> {
    this.viewer.demand('image.listAll');
    return this.#list(imagesEverywhere(this.viewer, showDeleted), request);
  }

  /** The images that a new disk in that datacenter may take. */
  async usableIn(datacenter: DatacenterType, request: ImageListRequest): Promise<Connection<SelectedImage>> {
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
    const tags = this.#dryRunTags.get(image.id) ?? (await this.#tags(image.id));
    const createdAt = new Date(image.createdAt);
    return shownManifest({ ...image, sizeMib: image.size, tags, manifest: manifest ?? '{}', file: image.guardedFile ?? null, createdAt });
  }

  async #list(scope: ImageScope, request: ImageListRequest): Promise<Connection<SelectedImage>> {
    return listImages({ em: this.em, viewer: this.viewer }, await this.#reader(request.selection), scope, request);
  }

  async #find(condition: Condition, selection: ObjectSelection): Promise<SelectedImage[]> {
    const reader = await this.#reader(selection);
    return reader.imagesOf(await readRows<RowValues>(this.em, findStatement(reader, this.viewer, condition), { steady: true }));
  }

  async #reader(selection: ObjectSelection): Promise<ImageReader> {
    return imageReader({ em: this.em, viewer: this.viewer, datacenters: await this.datacenters.visible() }, selection);
  }

  async #tags(imageId: number): Promise<string[]> {
    const text = sqlText`select t.tag from image_tag t where t.image_id = ${imageId} order by t.position`;
    return (await readRows<[string]>(this.em, text)).map(([tag]) => tag);
  }
}
