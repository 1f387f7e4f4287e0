import type { Viewer } from '../access/viewer.js';
import { isSqlite } from '../platform/database/database.js';
import { readObjects } from '../platform/database/read/read-rows.js';
import type { Reads } from '../platform/database/read/reads.js';
import { sqlText } from '../platform/database/sql-text.js';
import { BoundedCache } from '../platform/memory/bounded-cache.js';
import { WeakMemo } from '../platform/memory/weak-memo.js';
import { CachedRead } from '../platform/database/cache-invalidation.js';
import { DATACENTER_COLUMNS, type DatacenterRow, toDatacenter } from './datacenter.columns.js';
import type { DatacenterType } from './datacenter.type.js';
import { seesDatacenter } from './datacenter.visibility.js';

/** Ids of datacenters that are gone, which tasks of theirs still name. */
const MOST_GONE = 10_000;
/** Lists cached per viewer: most images are attached to one of a few combinations of datacenters. */
const MOST_LISTS = 2000;

/** The datacenters that one viewer can see. Callers share what it returns and must not change it. */
export class VisibleDatacenters {
  readonly all: readonly DatacenterType[];
  readonly #byId: ReadonlyMap<number, DatacenterType>;
  readonly #byName: ReadonlyMap<string, DatacenterType>;
  readonly #positionOf: ReadonlyMap<number, number>;
  readonly #lists = new BoundedCache<string, DatacenterType[]>({ max: MOST_LISTS });

  constructor(datacenters: readonly DatacenterType[], viewer: Viewer) {
    this.all = datacenters.filter((one) => seesDatacenter(viewer, one));
    this.#byId = new Map(this.all.map((one) => [one.id, one]));
    this.#byName = new Map(this.all.map((one) => [one.name, one]));
    this.#positionOf = new Map(this.all.map((one, at) => [one.id, at]));
  }

  byId(id: number | null): DatacenterType | null {
    return id === null ? null : (this.#byId.get(id) ?? null);
  }

  byName(name: string): DatacenterType | null {
    return this.#byName.get(name) ?? null;
  }

  /** Those of a comma-separated list of ids, such as `1,7,3`, by name. */
  list(ids: string): DatacenterType[] {
    return this.#lists.getOrCompute(ids, this.#select);
  }

  readonly #select = (ids: string): DatacenterType[] => {
    const positions = ids.split(',').map((id) => this.#positionOf.get(Number(id)) ?? -1);
    return positions.sort((one, other) => one - other).flatMap((at) => this.all[at] ?? []);
  };
}

/** All datacenters as read once, and what each viewer sees of them. */
interface Snapshot {
  all: readonly DatacenterType[];
  byViewer: WeakMemo<Viewer, VisibleDatacenters>;
}

async function readSnapshot(em: Reads): Promise<Snapshot> {
  const rows = await readObjects<DatacenterRow>(em, sqlText`select ${DATACENTER_COLUMNS} from datacenter d order by d.name`);
  return { all: rows.map(toDatacenter), byViewer: new WeakMemo() };
}

/** Per database driver. */
const snapshots = new WeakMemo<object, CachedRead<Snapshot>>();

async function currentSnapshot(em: Reads, isFresh: boolean): Promise<Snapshot> {
  // A transaction reads its own uncommitted writes, which must not enter the cache.
  if (em.isInTransaction()) return readSnapshot(em);
  const driver = em.getDriver();
  const cached = snapshots.getOrCompute(driver, () => new CachedRead(driver));
  return (isFresh ? undefined : cached.get()) ?? cached.renew(async () => readSnapshot(em));
}

/**
 * The viewer's datacenters, from memory: there are few, nearly every request needs them, and any change of one invalidates the cache. With
 * `isFresh`, they are read now: a change by another process is heard of a moment later.
 */
export async function loadVisibleDatacenters(em: Reads, viewer: Viewer, isFresh = false): Promise<VisibleDatacenters> {
  const { all, byViewer } = await currentSnapshot(em, isFresh);
  return byViewer.getOrCompute(viewer, () => new VisibleDatacenters(all, viewer));
}

/** Per database driver. */
const gone = new WeakMemo<object, BoundedCache<number, true>>();

/**
 * One of the viewer's datacenters, null where it is none of theirs. An id that is not known here is looked for once: a row that names it may
 * arrive before what tells that another process has made the datacenter.
 */
export async function loadVisibleDatacenter(em: Reads, viewer: Viewer, id: number): Promise<DatacenterType | null> {
  const visible = await loadVisibleDatacenters(em, viewer);
  const found = visible.byId(id);
  if (found !== null || isSqlite(em)) return found;
  const goneIds = gone.getOrCompute(em.getDriver(), () => new BoundedCache({ max: MOST_GONE }));
  if (goneIds.has(id) || (await isKnown(em, id, false))) return null;
  if (!(await isKnown(em, id, true))) goneIds.set(id, true);
  return (await loadVisibleDatacenters(em, viewer)).byId(id);
}

async function isKnown(em: Reads, id: number, isFresh: boolean): Promise<boolean> {
  return (await currentSnapshot(em, isFresh)).all.some((one) => one.id === id);
}
