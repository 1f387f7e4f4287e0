import type { Logger } from 'pino';
import type { Database } from '../../../platform/database/database.js';
import { readRows } from '../../../platform/database/read/read-rows.js';
import { sqlText } from '../../../platform/database/sql-text.js';

const SIZE_NAMES = [
  'images', 'servers', 'tasks', 'datacenters', 'users', 'groups', 'repositories',
  /** Entries of the longest repository. */
  'offers',
  /** The largest such list of any one object. */
  'usersOfGroup', 'groupsOfUser', 'datacentersOfGroup', 'groupsOfDatacenter',
] as const; // prettier-ignore

export type SizeName = (typeof SIZE_NAMES)[number];

/** Rows that counts and filters scan, and lengths of lists that are not paginated. */
export type Sizes = ReadonlyMap<SizeName, number>;

/** One column per name. The highest id, which an index has at hand, stands for the number of rows; counts stop at 100,000. */
const STATEMENT = sqlText`select
  (select max(id) from image) as images,
  (select max(id) from virtual_server) as servers,
  (select count(*) from (select 1 as one from task limit 100000) x) as tasks,
  (select max(id) from datacenter) as datacenters,
  (select max(id) from user_account) as users,
  (select count(*) from (select 1 as one from user_group limit 100000) x) as user_groups,
  (select count(*) from (select 1 as one from image_repository limit 100000) x) as repositories,
  (select max(image_count) from image_repository) as offers,
  (select max(n) from (select count(*) as n from (select group_id from user_group_member limit 100000) x group by group_id) y) as users_of_group,
  (select max(n) from (select count(*) as n from (select user_id from user_group_member limit 100000) x group by user_id) y) as groups_of_user,
  (select max(n) from (select count(*) as n from (select group_id from datacenter_group limit 100000) x group by group_id) y) as datacenters_of_group,
  (select max(n) from (select count(*) as n from (select datacenter_id from datacenter_group limit 100000) x group by datacenter_id) y) as groups_of_datacenter`;

const FRESH_MS = 60_000;

/** Rounds up to two significant digits, so that cached costs stay valid while the catalogue grows a little. */
function rounded(size: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, size))) - 1);
  return Math.ceil(size / step) * step;
}

/** The sizes of the catalogue, refreshed in the background when they are older than a minute. */
export class CatalogueSizes {
  #sizes: Sizes;
  #readAt: number;
  #isReading = false;

  private constructor(
    private readonly database: Database,
    private readonly log: Logger,
    sizes: Sizes,
  ) {
    this.#sizes = sizes;
    this.#readAt = performance.now();
  }

  static async open(database: Database, log: Logger): Promise<CatalogueSizes> {
    return new CatalogueSizes(database, log, await readSizes(database));
  }

  /** Returns the same object until a size changes. Starts a refresh of old sizes, for later callers. */
  current(): Sizes {
    if (performance.now() - this.#readAt > FRESH_MS && !this.#isReading) void this.#refresh();
    return this.#sizes;
  }

  async #refresh(): Promise<void> {
    this.#isReading = true;
    try {
      const sizes = await readSizes(this.database);
      if (SIZE_NAMES.some((name) => sizes.get(name) !== this.#sizes.get(name))) this.#sizes = sizes;
    } catch (error) {
      this.log.debug({ err: error }, 'The sizes of the catalogue could not be read; those read before stay.');
    } finally {
      this.#readAt = performance.now();
      this.#isReading = false;
    }
  }
}

async function readSizes(database: Database): Promise<Sizes> {
  const [row = []] = await readRows<(number | string | null)[]>(database.em.fork(), STATEMENT);
  return new Map(SIZE_NAMES.map((name, at) => [name, rounded(Number(row[at] ?? 0))]));
}
