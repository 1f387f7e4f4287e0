import type { Viewer } from '../access/viewer.js';
import { readRows } from '../platform/database/read/read-rows.js';
import type { Reads } from '../platform/database/read/reads.js';
import { sqlText } from '../platform/database/sql-text.js';
import type { Big } from '../platform/database/tables.js';
import { CachedRead } from '../platform/database/cache-invalidation.js';
import { DEFAULT_DATACENTER } from './datacenter.entity.js';
import type { DatacenterAccess } from './datacenter.enums.js';
import type { DatacenterType } from './datacenter.type.js';
import { seesDatacenter } from './datacenter.visibility.js';

/** Lists of one viewer that are kept: images are attached to the same few datacenters again and again. */
const MOST_LISTS = 2000;

/** The datacenters that exist for one viewer. What it hands out is shared: never to be changed. */
export class VisibleDatacenters {
  readonly all: readonly DatacenterType[];
  readonly #byId: ReadonlyMap<number, DatacenterType>;
  readonly #byName: ReadonlyMap<string, DatacenterType>;
  readonly #placeOf: ReadonlyMap<number, number>;
  readonly #lists = new Map<string, DatacenterType[]>();

  constructor(catalogue: readonly DatacenterType[], viewer: Viewer) {
    this.all = catalogue.filter((one) => seesDatacenter(viewer, one));
    this.#byId = new Map(this.all.map((one) => [one.id, one]));
    this.#byName = new Map(this.all.map((one) => [one.name, one]));
    this.#placeOf = new Map(this.all.map((one, at) => [one.id, at]));
  }

  byId(id: number | null): DatacenterType | null {
    return id === null ? null : (this.#byId.get(id) ?? null);
  }

  byName(name: string): DatacenterType | null {
    return this.#byName.get(name) ?? null;
  }

  /** Those with the ids, which the text writes as `1,7,3`; by name. */
  list(ids: string): DatacenterType[] {
    let list = this.#lists.get(ids);
    if (list === undefined) {
      const places = ids.split(',').map((id) => this.#placeOf.get(Number(id)) ?? -1);
      list = places.sort((one, other) => one - other).flatMap((at) => this.all[at] ?? []);
      if (this.#lists.size >= MOST_LISTS) this.#lists.clear();
      this.#lists.set(ids, list);
    }
    return list;
  }
}

interface Catalogue {
  all: readonly DatacenterType[];
  seen: WeakMap<Viewer, VisibleDatacenters>;
}

type Row = [
  id: number, name: string, alias: string, access: DatacenterAccess, owner: number, description: string, limit: number | null, createdAt: Big,
];

async function readCatalogue(em: Reads): Promise<Catalogue> {
  const rows = await readRows<Row>(
    em,
    sqlText`select d.id, d.name, d.alias, d.access, d.owner_id, d.description, d.vms_image_limit, d.created_at from datacenter d order by d.name`,
  );
  const all = rows.map(([id, name, alias, access, ownerId, description, vmsImageLimit, createdAt]): DatacenterType => {
    return { id, ownerId, vmsImageLimit, name, alias, access, description, isDefault: name === DEFAULT_DATACENTER, createdAt: Number(createdAt) };
  });
  return { all, seen: new WeakMap() };
}

const catalogues = new WeakMap<object, CachedRead<Catalogue>>();

async function catalogueOf(em: Reads): Promise<Catalogue> {
  // A transaction sees its own writes, which nobody else may.
  if (em.isInTransaction()) return readCatalogue(em);
  const driver = em.getDriver();
  let remembered = catalogues.get(driver);
  if (remembered === undefined) catalogues.set(driver, (remembered = new CachedRead(driver)));
  return remembered.get() ?? remembered.renew(async () => readCatalogue(em));
}

/** All datacenters are few and asked for everywhere, so they are kept in memory, and read anew after any change of one. */
export async function loadVisibleDatacenters(em: Reads, viewer: Viewer): Promise<VisibleDatacenters> {
  const catalogue = await catalogueOf(em);
  let seen = catalogue.seen.get(viewer);
  if (seen === undefined) catalogue.seen.set(viewer, (seen = new VisibleDatacenters(catalogue.all, viewer)));
  return seen;
}
