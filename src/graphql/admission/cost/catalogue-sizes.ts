import type { Logger } from 'pino';
import type { Database } from '../../../platform/database/database.js';
import { readRows } from '../../../platform/database/read/read-rows.js';
import { sqlText } from '../../../platform/database/sql-text.js';

const SIZE_NAMES = [
  'images', 'servers', 'tasks', 'datacenters', 'users', 'groups', 'repositories',
  /** Of the longest list that a repository offers. */
  'offers',
  /** Of the largest group, and so on. */
  'usersOfGroup', 'groupsOfUser', 'datacentersOfGroup', 'groupsOfDatacenter',
] as const; // prettier-ignore

export type SizeName = (typeof SIZE_NAMES)[number];

/** How many rows counts and filters go through, and how long lists are that no page bounds. */
export type Sizes = ReadonlyMap<SizeName, number>;

/** Of each name its column. An index has the highest id at hand, so that stands for a number of rows; what is counted is counted to 100,000 only. */
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

/** Two significant digits, rounded up: costs that are remembered stay good while a catalogue grows a little. */
function rounded(size: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, size))) - 1);
  return Math.ceil(size / step) * step;
}

/** How large the catalogue is, as read a minute ago or less. */
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

  /** The same object for as long as nothing has changed much. Old numbers are read anew, for those who ask later. */
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
