import DataLoader from 'dataloader';
import { type SqlBool, sql } from 'kysely';
import type { UserQueries } from '../access/user.queries.js';
import type { DatacenterRef, Viewer } from '../access/viewer.js';
import type { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import { allOf, type Condition, oneOf } from '../platform/conditions.js';
import { type SqlEntityManager, statements } from '../platform/database.js';
import { badInput, notFound } from '../platform/errors.js';
import { keyLoader } from '../platform/key-loader.js';
import type { Connection } from '../platform/page.js';
import { IMAGE_FROM, imageColumns, type ImageRow, toImage } from './image.statement.js';
import type { ImageType } from './image.type.js';
import { type ImageScope, imagesEverywhere, imagesOfDatacenter, usableInDatacenter, visibleImages } from './image.visibility.js';
import { type ImageListRequest, listImages } from './list-images.js';
import { shownManifest } from './shown-manifest.js';

interface AttachmentRow extends DatacenterRef {
  image_id: number;
}

/** Reads images as far as they exist for the viewer. */
export class ImageQueries {
  /** By id, one statement per batch; null for one that the viewer cannot see. */
  readonly byId = new DataLoader<number, ImageType | null>(async (ids) => {
    const found = new Map((await this.#find(oneOf('i.id', ids))).map((image) => [image.id, image]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** By what other subgraphs know it by, one statement per batch; null for one that the viewer cannot see. */
  readonly byKey = keyLoader({ uuid: 'i.uuid', name: 'i.name' }, async (where) => this.#find(where));

  /** Every datacenter the image is attached to, seen or not, by name: for verdicts, never to be shown. */
  readonly attachedTo = new DataLoader<number, DatacenterRef[]>(async (imageIds) => {
    const statement = sql<AttachmentRow>`select a.image_id, d.id, d.name from image_attachment a
      join datacenter d on d.id = a.datacenter_id where ${oneOf('a.image_id', imageIds)} order by d.name`;
    const { rows } = await statement.execute(statements(this.em));
    return imageIds.map((id) => rows.filter((row) => row.image_id === id));
  });

  readonly #manifestText = new DataLoader<number, string | null>(async (ids) => {
    const statement = sql<{ id: number; manifest: string }>`select i.id, i.manifest from image i where ${oneOf('i.id', ids)}`;
    const found = new Map((await statement.execute(statements(this.em))).rows.map((row) => [row.id, row.manifest]));
    return ids.map((id) => found.get(id) ?? null);
  });

  readonly #rehearsedTags = new Map<number, readonly string[]>();

  /** Per datacenter, how many attached images the viewer sees, those with access DELETED left out. */
  readonly imageCount = new DataLoader<number, number>(async (ids) =>
    countPerDatacenter(this.em, ids, sql`i.access <> 'DELETED' and ${visibleImages(this.viewer)}`),
  );

  /** Per datacenter, how many images are bound to it: all of them for its DCAdmins, else those that can be seen. */
  readonly boundImageCount = new DataLoader<number, number>(async (ids) => {
    const administered = oneOf('x.datacenter_id', this.viewer.datacentersWith('dcAdmin'));
    const counted = sql<SqlBool>`(${administered} or ${visibleImages(this.viewer)})`;
    return countPerDatacenter(this.em, ids, sql`x.bound_image_id is not null and ${counted}`);
  });

  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly datacenters: DatacenterQueries,
    private readonly users: UserQueries,
  ) {}

  /** The image of that name or that uuid; null when the viewer cannot see it. Exactly one of both must be given. */
  async one(name: string | null | undefined, uuid: string | null | undefined): Promise<ImageType | null> {
    const [hasName, hasUuid] = [typeof name === 'string', typeof uuid === 'string'];
    if (hasName === hasUuid) {
      const message = hasName ? 'Give name or uuid, not both.' : 'Give the name or the uuid of the image.';
      throw badInput([{ path: hasName ? 'uuid' : 'name', message }]);
    }
    const [image] = await this.#find(hasName ? sql`i.name = ${name}` : sql`i.uuid = ${uuid}`);
    return image ?? null;
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
    if (image.inspectable) return;
    const attached = await this.attachedTo.load(image.id);
    const seen = await Promise.all(attached.map(async (one) => this.datacenters.byId.load(one.id)));
    this.viewer.demand('image.inspect', { attached: seen.filter((one) => one !== null) });
  }

  /** The IMGAPI manifest as the image server shows it. */
  async manifest(image: ImageType): Promise<Record<string, unknown>> {
    const manifest = await this.#manifestText.load(image.id);
    const tags = this.#rehearsedTags.get(image.id) ?? (await this.#tags([image.id])).get(image.id) ?? [];
    const createdAt = new Date(image.createdAt);
    return shownManifest({ ...image, sizeMib: image.size, tags, manifest: manifest ?? '{}', file: image.guardedFile ?? null, createdAt });
  }

  /** The datacenters it is attached to, by name; only those that the viewer sees. */
  async datacentersOf(image: ImageType): Promise<DatacenterType[]> {
    const attached = await this.attachedTo.load(image.id);
    const seen = await Promise.all(attached.map(async (one) => this.datacenters.byId.load(one.id)));
    return seen.filter((one) => one !== null);
  }

  async #list(scope: ImageScope, request: ImageListRequest): Promise<Connection<ImageType>> {
    const { fields } = request.selection;
    return listImages(this.em, this.viewer, scope, request, async (rows) => this.#complete(rows, fields));
  }

  async #find(condition: Condition): Promise<ImageType[]> {
    const where = allOf([condition, visibleImages(this.viewer)]);
    const statement = sql<ImageRow>`select ${imageColumns(this.viewer)} from ${IMAGE_FROM} where ${where}`;
    const { rows } = await statement.execute(statements(this.em));
    return [...(await this.#complete(rows, new Set(['tags']))).values()];
  }

  /** Fills in what was asked for of a whole page: one statement per kind of relation. */
  async #complete(rows: readonly ImageRow[], fields: ReadonlySet<string>): Promise<Map<ImageRow, ImageType>> {
    const images = new Map(rows.map((row) => [row, toImage(row)]));
    if (rows.length === 0) return images;
    const ids = rows.map((row) => row.id);
    const tags = fields.has('tags') ? await this.#tags(ids) : new Map<number, string[]>();
    for (const image of images.values()) image.tags = tags.get(image.id) ?? [];
    if (fields.has('owner')) {
      const owners = await this.users.byId.loadMany(rows.map((row) => row.owner_id));
      [...images.values()].forEach((image, at) => {
        const owner = owners[at];
        if (owner instanceof Error) throw owner;
        if (owner) image.loadedOwner = owner;
      });
    }
    return images;
  }

  async #tags(imageIds: readonly number[]): Promise<Map<number, string[]>> {
    const statement = sql<{ image_id: number; tag: string }>`select t.image_id, t.tag from image_tag t
      where ${oneOf('t.image_id', imageIds)} order by t.image_id, t.position`;
    const tags = new Map<number, string[]>();
    for (const row of (await statement.execute(statements(this.em))).rows) {
      const list = tags.get(row.image_id);
      if (list === undefined) tags.set(row.image_id, [row.tag]);
      else list.push(row.tag);
    }
    return tags;
  }
}

async function countPerDatacenter(em: SqlEntityManager, ids: readonly number[], where: Condition): Promise<number[]> {
  const statement = sql<{ id: number; total: number | string }>`select x.datacenter_id as id, count(*) as total
    from image_attachment x join image i on i.id = x.image_id
    where ${oneOf('x.datacenter_id', ids)} and ${where} group by x.datacenter_id`;
  const totals = new Map((await statement.execute(statements(em))).rows.map((row) => [row.id, Number(row.total)]));
  return ids.map((id) => totals.get(id) ?? 0);
}
