import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Viewer } from '../../src/access/viewer.js';
import { ENTITIES } from '../../src/entities.js';
import type { ImageFilter } from '../../src/images/list/image.inputs.js';
import { imagesOfDatacenter, usableInDatacenter } from '../../src/images/image.visibility.js';
import { imageFilter } from '../../src/images/list/image-filter.js';
import { chooseAccessPath } from '../../src/images/list/access-path.js';
import { allOf } from '../../src/platform/database/list/conditions.js';
import { type Database, migrate, openDatabase } from '../../src/platform/database/database.js';
import { encodeCursor } from '../../src/platform/database/list/page.js';
import { readObjects, readRows } from '../../src/platform/database/read/read-rows.js';
import { sqlConstant, sqlText } from '../../src/platform/database/sql-text.js';

const IMAGES = 12_000;
const ADMIN = new Viewer({ userId: 1, username: 'admin', isSuperAdmin: true, currentDatacenterId: null, memberships: [] });
const OWNER = new Viewer({ userId: 3, username: 'owner', isSuperAdmin: false, currentDatacenterId: null, memberships: [] });
const PLAIN = new Viewer({ userId: 2, username: 'plain', isSuperAdmin: false, currentDatacenterId: null, memberships: [] });

async function fill(database: Database): Promise<void> {
  const run = async (statement: string): Promise<unknown> => database.em.fork().getConnection().execute(statement, [], 'run');
  await run("insert into user_account (id, username, created_at) values (1, 'admin', 0), (2, 'plain', 0), (3, 'owner', 0)");
  await run("insert into datacenter (id, name, alias, access, owner_id, created_at) values (1, 'main', 'main', 'PUBLIC', 1, 0), (2, 'closed', 'closed', 'PUBLIC', 1, 0)");
  for (let start = 1; start <= IMAGES; start += 500) {
    const ids = Array.from({ length: 500 }, (_, at) => start + at);
    // A quarter is PRIVATE, a quarter BSD; both together are one in a thousand. Five PRIVATE ones are the plain user's, three and 300 PUBLIC ones the owner's.
    const images = ids.map((id) => {
      const [isPrivate, isBsd] = [id % 4 === 0, id % 4 === 1 || id % 1000 === 4];
      return `(${id}, 'u${id}', 'image-${(id * 7919) % 100_003}', 'alias ${id % 97}', '${id}', '1', ${id % 2400 === 0 ? 2 : id % 40 === 1 || id % 4000 === 8 ? 3 : 1}, '${isPrivate ? 'PRIVATE' : 'PUBLIC'}', ${1024 + (id % 5)}, '${isBsd ? 'BSD_VM' : 'LINUX_VM'}', 'text', '{}', ${id}, 0)`;
    });
    await run(`insert into image (id, uuid, name, alias, alias_key, version, owner_id, access, size_mib, os_type, search_text, manifest, created_at, updated_at) values ${images.join()}`);
    await run(`insert into image_tag (image_id, tag, position) values ${ids.filter((id) => id % 3 === 0).map((id) => `(${id}, 'third', 0)`).join()}`);
    await run(`insert into image_attachment (image_id, datacenter_id) values ${ids.flatMap((id) => [`(${id}, 1)`, ...(id % 4 === 0 ? [`(${id}, 2)`] : [])]).join()}`);
  }
}

describe('a page that filters leave few rows of only together', () => {
  let database: Database;

  beforeAll(async () => {
    database = await openDatabase({ kind: 'sqlite', path: ':memory:' }, ENTITIES);
    await migrate(database);
    await fill(database);
  });
  afterAll(async () => database?.close(true));

  const SPARSE: ImageFilter = { access: ['PRIVATE'], osType: ['BSD_VM'] };

  async function planned(filter: ImageFilter | null, page: object, scope = imagesOfDatacenter(ADMIN, 1, false)) {
    const plan = await chooseAccessPath(database.em.fork(), scope, { viewer: ADMIN, filter, page, selection: { items: true } }, imageFilter(filter, ADMIN));
    const text = sqlText`select i.id, ${sqlConstant(plan.order.NAME)} as name from ${plan.from} where ${allOf([plan.where, imageFilter(filter, ADMIN)])} order by ${sqlConstant(plan.order.NAME)}`;
    return { isFewIds: plan.isSelective === true, names: (await readRows<[number, string]>(database.em.fork(), text)).map(([, name]) => name) };
  }

  async function stepsOf(filter: ImageFilter): Promise<string[]> {
    const plan = await chooseAccessPath(database.em.fork(), usableInDatacenter(PLAIN, 1), { viewer: PLAIN, filter, page: {} }, imageFilter(filter, PLAIN));
    const rows = await readObjects<{ detail: string }>(database.em.fork(), sqlText`explain query plan select count(*) as total from ${plan.from} where ${allOf([plan.where, imageFilter(filter, PLAIN)])}`);
    return rows.map(({ detail }) => detail);
  }

  it('begins with its ids, although the database knows nothing of the values in its indexes', async () => {
    const steps = await stepsOf({ search: 'zebra' });
    expect(steps).toContain('SEARCH i USING INTEGER PRIMARY KEY (rowid=?)');
    expect(steps.filter((step) => step.includes('access'))).toEqual([]);
  });

  const names = (wanted: (id: number) => boolean): string[] =>
    Array.from({ length: IMAGES }, (_, at) => at + 1).filter(wanted).map((id) => `image-${(id * 7919) % 100_003}`).sort();
  const sparse = names((id) => id % 1000 === 4);

  it('is read from its ids, all of the page and perhaps one more', async () => {
    expect(await planned(SPARSE, { first: 50 })).toEqual({ isFewIds: true, names: sparse });
    expect((await planned(SPARSE, { first: 3 })).names.slice(0, 4)).toEqual(sparse.slice(0, 4));
    expect((await planned(SPARSE, { last: 3 })).names.slice(-4)).toEqual(sparse.slice(-4));
  });

  it('is read by way of the filter that leaves fewest, and of all of them', async () => {
    const { names: tagged } = await planned({ ...SPARSE, tags: ['third'] }, { first: 50 });
    expect(tagged).toEqual(names((id) => id % 1000 === 4 && id % 3 === 0));
    expect((await planned({ access: ['PRIVATE'], osType: ['BSD_VM', 'WINDOWS_VM'], tags: ['third'] }, { first: 50 })).names).toEqual(tagged);
  });

  it('goes on after a cursor', async () => {
    const after = encodeCursor([sparse[5] ?? '', IMAGES], 'NAME');
    const { names: found } = await planned(SPARSE, { first: 3, after });
    expect(found.filter((name) => name > sparse[5]!).slice(0, 4)).toEqual(sparse.slice(6, 10));
  });

  it('holds what a user may use of a datacenter full of the images of others', async () => {
    expect((await planned(null, { first: 50 }, usableInDatacenter(PLAIN, 2))).names).toEqual(names((id) => id % 2400 === 0));
    expect(await planned(null, { first: 50 }, usableInDatacenter(OWNER, 2))).toEqual({ isFewIds: true, names: names((id) => id % 4000 === 8) });
  });

  it('is walked along the order where many pass', async () => {
    expect((await planned({ osType: ['LINUX_VM'] }, { first: 50 })).isFewIds).toBe(false);
  });
});
