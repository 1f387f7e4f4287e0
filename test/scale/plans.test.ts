import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Viewer } from '../../src/access/viewer.js';
import { DatacenterQueries } from '../../src/datacenters/datacenter.queries.js';
import { IMAGE_ORDER_FIELDS } from '../../src/images/image.enums.js';
import { ImageQueries } from '../../src/images/image.queries.js';
import type { ImageListRequest } from '../../src/images/list/list-images.js';
import type { Database } from '../../src/platform/database/database.js';
import type { ImageRepositoryType } from '../../src/repositories/image-repository.type.js';
import { type RepositoryImageListRequest, RepositoryImageQueries } from '../../src/repositories/entries/repository-image.queries.js';
import { FILTER_PLANS } from './filter-plans.js';
import { KINDS, type Plan, PlannedDatabase } from './planned-database.js';

const IMAGES = 8000;
const PEOPLE = {
  admin: { userId: 1, username: 'admin', isSuperAdmin: true, currentDatacenterId: null, memberships: [] },
  plain: { userId: 2, username: 'plain', isSuperAdmin: false, currentDatacenterId: null, memberships: [] },
  dcadmin: {
    userId: 3, username: 'dcadmin', isSuperAdmin: false, currentDatacenterId: null,
    memberships: [2, 3].map((id) => ({ id, name: `dc-${id}`, permissions: new Set(['ADMIN', 'IMAGE_ADMIN'] as const) })),
  },
  manyadmin: {
    userId: 3, username: 'manyadmin', isSuperAdmin: false, currentDatacenterId: null,
    memberships: Array.from({ length: 200 }, (_, at) => ({ id: at + 1, name: `dc-${at + 1}`, permissions: new Set(['ADMIN'] as const) })),
  },
};
const MAIN = { id: 1, name: 'main' } as never;
const FEW = { id: 2, name: 'few' } as never;
/** Has the PRIVATE images. */
const CLOSED = { id: 4, name: 'dc-4' } as never;
const REPOSITORY = { id: 1, isLocal: false, imageCount: IMAGES, url: 'http://offers.invalid' } as ImageRepositoryType;

async function fill(database: Database): Promise<void> {
  const run = async (statement: string): Promise<unknown> => database.em.fork().getConnection().execute(statement, [], 'run');
  await run("insert into user_account (id, username, created_at) values (1, 'admin', 0), (2, 'plain', 0), (3, 'dcadmin', 0)");
  await run(`insert into datacenter (id, name, alias, access, owner_id, created_at) values ${[1, 2, 3, 4].map((id) => `(${id}, '${id === 1 ? 'main' : `dc-${id}`}', '${id}', 'PUBLIC', 1, 0)`).join()}`);
  await run("insert into image_repository (id, name, url, created_at) values (1, 'offers', 'http://offers.invalid', 0)");
  await run(`insert into virtual_server (id, uuid, hostname, datacenter_id, owner_id, os_type, status, tags, addresses, created_at) values ${Array.from({ length: 10 }, (_, at) => `(${at + 1}, 's${at}', 'server-${at}', 1, 1, 'LINUX_VM', 'RUNNING', '[]', '[]', 0)`).join()}`);
  for (let start = 1; start <= IMAGES; start += 500) {
    const ids = Array.from({ length: 500 }, (_, at) => start + at);
    const images = ids.map((id) => {
      const [access, name] = [id % 4 === 0 ? 'PRIVATE' : 'PUBLIC', `image-${(id * 7919) % 100_003}`];
      return `(${id}, 'u${id}', '${name}', 'alias ${id % 97}', '${id}', '1', ${id % 100 === 0 ? 2 : 1}, '${access}', ${1024 + (id % 5)}, '${id % 200 === 0 ? 'BSD_VM' : 'LINUX_VM'}', '${name} some words', '{}', ${(id * 31) % 9973}, ${(id * 37) % 9973}, ${id % 300 === 0 ? 'null' : 1})`;
    });
    await run(`insert into image (id, uuid, name, alias, alias_key, version, owner_id, access, size_mib, os_type, search_text, manifest, created_at, updated_at, repository_id) values ${images.join()}`);
    await run(`insert into image_attachment (image_id, datacenter_id) values ${ids.flatMap((id) => [`(${id}, 1)`, ...(id <= 5 ? [`(${id}, 2)`] : id <= 300 ? [`(${id}, 3)`] : []), ...(id % 4 === 0 ? [`(${id}, 4)`] : [])]).join()}`);
    await run(`insert into image_tag (image_id, tag, position) values ${ids.map((id) => `(${id}, 'common', 0), (${id}, 'rare-${id % 400}', 1)`).join()}`);
    await run(`insert into virtual_disk (server_id, disk_id, size_mib, image_id) values ${ids.filter((id) => id % 400 !== 0).map((id) => `(${1 + (id % 10)}, ${id}, 1024, ${id})`).join()}`);
    const offers = ids.map((id) => `(${id}, 1, 'u${id}', 0, 'image-${(id * 7919) % 100_003}', '1', 'zvol', '', ${1024 + (id % 5)}, 1, 'active', ${(id * 31) % 9973}, '', 'image-${(id * 7919) % 100_003} some words', '{}')`);
    await run(`insert into repository_image (id, repository_id, uuid, from_generation, name, version, type, description, size_mib, download_size, state, published_sort, content_hash, search_text, manifest) values ${offers.join()}`);
  }
}

const ORDERS = IMAGE_ORDER_FIELDS.flatMap((field) => (['ASC', 'DESC'] as const).map((direction) => ({ field, direction })));

describe.each(KINDS)('the lists on %s', (kind) => {
  let planned: PlannedDatabase;

  beforeAll(async () => {
    planned = await PlannedDatabase.open(kind, fill);
  });
  afterAll(async () => planned?.close());

  function images(who: keyof typeof PEOPLE): ImageQueries {
    const em = planned.database.em.fork();
    const viewer = new Viewer(PEOPLE[who]);
    return new ImageQueries(em, viewer, new DatacenterQueries(em, viewer));
  }
  const offers = () => new RepositoryImageQueries(planned.database.em.fork(), new Viewer(PEOPLE.admin), images('admin'));
  const asked = <T = ImageListRequest>(further: Partial<NoInfer<T>>): T => ({ page: {}, selection: { items: true, totalCount: false, fields: new Set(['name']) }, ...further }) as T;

  const planOf = async (list: () => Promise<unknown>): Promise<Plan> => planned.planOf(list);
  const slow = (plan: Plan): string[] => planned.slow(plan);
  const scans = (plan: Plan): string[] => planned.scans(plan);

  it.each(ORDERS)('go along an index by $field $direction, on the first page and on a deep one', async (orderBy) => {
    for (const read of [
      (request: ImageListRequest) => images('admin').ofDatacenter(MAIN, false, request),
      (request: ImageListRequest) => images('admin').everywhere(false, request),
      (request: ImageListRequest) => images('plain').usableIn(MAIN, request),
    ]) {
      const first = await planOf(async () => read(asked({ orderBy })));
      expect(slow(first)).toEqual([]);
      let endCursor: string | null = null;
      for (let pages = 0; pages < 15; pages += 1) ({ endCursor } = (await read(asked({ orderBy, page: { first: 200, after: endCursor } }))).pageInfo);
      for (const page of [{ after: endCursor }, { last: 50, before: endCursor }]) {
        const deep = await planOf(async () => read(asked({ orderBy, page })));
        expect(slow(deep)).toEqual([]);
      }
    }
  });

  it.each<[string, () => Promise<unknown>]>([
    ['several filters that most pass', async () => images('admin').ofDatacenter(MAIN, false, asked({ filter: { access: ['PUBLIC'], osType: ['LINUX_VM'], search: 'words' }, orderBy: { field: 'CREATED_AT', direction: 'DESC' } }))],
    ['a repository, newest first', async () => offers().page(REPOSITORY, asked<RepositoryImageListRequest>({}))],
    ['a repository by name', async () => offers().page(REPOSITORY, asked<RepositoryImageListRequest>({ orderBy: { field: 'NAME', direction: 'ASC' } }))],
    ['what can be imported from a repository', async () => offers().page(REPOSITORY, asked<RepositoryImageListRequest>({ filter: { importable: true } }))],
    ['what cannot be imported from a repository', async () => offers().page(REPOSITORY, asked<RepositoryImageListRequest>({ filter: { importable: false } }))],
    ['what a plain user may use', async () => images('plain').usableIn(MAIN, asked({}))],
    ['a search in a repository that most match', async () => offers().page(REPOSITORY, asked<RepositoryImageListRequest>({ filter: { search: 'some words' } }))],
  ])('go along an index for %s', async (_what, list) => {
    const plan = await planOf(list);
    expect(slow(plan)).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a datacenter with few images', async () => images('dcadmin').ofDatacenter(FEW, true, asked({}))],
    ['what a plain user may use where few are', async () => images('plain').usableIn(FEW, asked({}))],
    ['what a plain user may use among the private images of others', async () => images('plain').usableIn(CLOSED, asked({}))],
    ['the datacenters of an admin', async () => images('dcadmin').everywhere(true, asked({}))],
    ['a search in a repository that few match', async () => offers().page(REPOSITORY, asked<RepositoryImageListRequest>({ filter: { search: 'image-7919 ' } }))],
  ])('read no whole table for %s', async (_what, list) => {
    const plan = await planOf(list);
    expect(scans(plan)).toEqual([]);
  });

  it.each(Object.entries(FILTER_PLANS))('go along an index for a value of %s that most images meet, and read no whole table for one that few do', async (_field, { most, few }) => {
    expect(most === null ? [] : slow(await planOf(async () => images('admin').ofDatacenter(MAIN, false, asked({ filter: most }))))).toEqual([]);
    expect(scans(await planOf(async () => images('admin').ofDatacenter(MAIN, false, asked({ filter: few }))))).toEqual([]);
    expect(scans(await planOf(async () => images('admin').everywhere(false, asked({ filter: few }))))).toEqual([]);
  });

  it('do not look up each datacenter of an admin of many', async () => {
    const plan = await planOf(async () => images('manyadmin').everywhere(false, asked({})));
    expect(slow(plan)).toEqual([]);
    expect(plan.steps.filter((step) => /^SEARCH a .*datacenter_id=\?/.test(step))).toEqual([]);
  });
});
