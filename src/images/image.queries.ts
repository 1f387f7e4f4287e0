import DataLoader from 'dataloader';
import type { Viewer } from '../access/viewer.js';
import type { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import { allOf, anyOf, type Condition, oneOf } from '../platform/conditions.js';
import type { SqlEntityManager } from '../platform/database.js';
import { type AppError, badInput, notFound } from '../platform/errors.js';
import type { Connection } from '../platform/page.js';
import { amongIds, readRows } from '../platform/read-rows.js';
import type { ObjectSelection } from '../platform/selection.js';
import { sqlText } from '../platform/sql-text.js';
import type { Row } from './image.columns.js';
import { IMAGE_FROM, type ImageReading, imageReading, WHOLE } from './image.statement.js';
import type { ImageType } from './image.type.js';
import { type ImageScope, imagesEverywhere, imagesOfDatacenter, usableInDatacenter, visibleImages } from './image.visibility.js';
import { type ImageListRequest, listImages } from './list-images.js';
import { shownManifest } from './shown-manifest.js';

function noKey(): AppError {
  return badInput([{ path: 'name', message: 'Give the name or the uuid of the image.' }]);
}

/** Reads images as far as they exist for the viewer. */
export class ImageQueries {
  /** By id, one statement per batch; null for one that the viewer cannot see. */
  readonly byId = new DataLoader<number, ImageType | null>(async (ids) => {
    const found = new Map((await this.#find(amongIds(this.em, 'i.id', ids), WHOLE)).map((image) => [image.id, image]));
    return ids.map((id) => found.get(id) ?? null);
  });

  readonly #manifestText = new DataLoader<number, string | null>(async (ids) => {
    const text = sqlText`select i.id, i.manifest from image i where ${amongIds(this.em, 'i.id', ids)}`;
    const found = new Map(await readRows<[id: number, manifest: string]>(this.em, text));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** Per datacenter, how many attached images the viewer sees, those with access DELETED left out. */
  readonly imageCount = new DataLoader<number, number>(async (ids) =>
    countPerDatacenter(this.em, ids, sqlText`i.access <> 'DELETED' and ${visibleImages(this.viewer)}`),
  );

  /** Per datacenter, how many images are bound to it: all of them for its DCAdmins, else those that can be seen. */
  readonly boundImageCount = new DataLoader<number, number>(async (ids) => {
    const administered = oneOf('x.datacenter_id', this.viewer.datacentersWith('dcAdmin'));
    const counted = sqlText`(${administered} or ${visibleImages(this.viewer)})`;
    return countPerDatacenter(this.em, ids, sqlText`x.bound_image_id is not null and ${counted}`);
  });

  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly datacenters: DatacenterQueries,
  ) {}

  /** The image of that name or that uuid; null when the viewer cannot see it. Exactly one of both must be given. */
  async one(name: string | null | undefined, uuid: string | null | undefined, selection: ObjectSelection = WHOLE): Promise<ImageType | null> {
    const [hasName, hasUuid] = [typeof name === 'string', typeof uuid === 'string'];
    if (hasName === hasUuid) {
      throw hasName ? badInput([{ path: 'uuid', message: 'Give name or uuid, not both.' }]) : noKey();
    }
    const [image] = await this.#find(hasName ? sqlText`i.name = ${name}` : sqlText`i.uuid = ${uuid}`, selection);
    return image ?? null;
  }

  /** By id, those of them that the viewer can see, as a relation of a list asks for them. */
  async several(ids: readonly number[], selection: ObjectSelection = WHOLE): Promise<ReadonlyMap<number, ImageType>> {
    return new Map((await this.#find(amongIds(this.em, 'i.id', ids), selection)).map((image) => [image.id, image]));
  }

  /**
   * Many by uuid or else by name, which are both among the fields asked for, in one statement; null for each that the viewer
   * cannot see, BAD_USER_INPUT in the place of one without a key.
   */
  async referred(keys: readonly { uuid: string | null; name: string | null }[], selection: ObjectSelection): Promise<(ImageType | null | Error)[]> {
    const [uuids, names] = [keys.flatMap(({ uuid }) => uuid ?? []), keys.flatMap(({ name }) => name ?? [])];
    const wanted = anyOf([
      ...(uuids.length > 0 ? [amongIds(this.em, 'i.uuid', uuids)] : []),
      ...(names.length > 0 ? [amongIds(this.em, 'i.name', names)] : []),
    ]);
    const found = uuids.length + names.length === 0 ? [] : await this.#find(wanted, selection);
    const [byUuid, byName] = [new Map(found.map((image) => [image.uuid, image])), new Map(found.map((image) => [image.name, image]))];
    return keys.map(({ uuid, name }) => {
      if (uuid !== null) return byUuid.get(uuid) ?? null;
      return name !== null ? (byName.get(name) ?? null) : noKey();
    });
  }

  async require(name: string): Promise<ImageType> {
    const image = await this.one(name, null);
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
    this.viewer.demand('image.listUsable', { datacenter });
    return this.#list(usableInDatacenter(this.viewer, datacenter.id), request);
  }

  /** FORBIDDEN unless the viewer is DCAdmin of a datacenter that the image is attached to. */
  async demandInspect(image: ImageType): Promise<void> {
    if (!image.inspectable) this.viewer.demand('image.inspect', { attached: image.datacenters });
  }

  /** The IMGAPI manifest as the image server shows it. */
  async manifest(image: ImageType): Promise<Record<string, unknown>> {
    const manifest = await this.#manifestText.load(image.id);
    const tags = await this.#tags(image.id);
    const createdAt = new Date(image.createdAt);
    return shownManifest({ ...image, sizeMib: image.size, tags, manifest: manifest ?? '{}', file: image.guardedFile ?? null, createdAt });
  }

  async #list(scope: ImageScope, request: ImageListRequest): Promise<Connection<ImageType>> {
    return listImages(this.em, await this.#reading(request.selection), scope, request);
  }

  async #find(condition: Condition, selection: ObjectSelection): Promise<ImageType[]> {
    const reading = await this.#reading(selection);
    const where = allOf([condition, visibleImages(this.viewer)]);
    const rows = await readRows<Row>(this.em, sqlText`select ${reading.columns()} from ${reading.from(IMAGE_FROM)} where ${where}`);
    return reading.nodesOf(rows);
  }

  async #reading(selection: ObjectSelection): Promise<ImageReading> {
    return imageReading(this.em, selection, this.viewer, await this.datacenters.seen());
  }

  async #tags(imageId: number): Promise<string[]> {
    const text = sqlText`select t.tag from image_tag t where t.image_id = ${imageId} order by t.position`;
    return (await readRows<[string]>(this.em, text)).map(([tag]) => tag);
  }
}

async function countPerDatacenter(em: SqlEntityManager, ids: readonly number[], where: Condition): Promise<number[]> {
  const text = sqlText`select x.datacenter_id as id, count(*) as total from image_attachment x join image i on i.id = x.image_id
    where ${amongIds(em, 'x.datacenter_id', ids)} and ${where} group by x.datacenter_id`;
  const totals = new Map(await readRows<[id: number, total: number | string]>(em, text));
  return ids.map((id) => Number(totals.get(id) ?? 0));
}
