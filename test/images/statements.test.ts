import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Viewer } from '../../src/access/viewer.js';
import { DatacenterQueries } from '../../src/datacenters/datacenter.queries.js';
import type { ImageAction } from '../../src/images/image.enums.js';
import { ImageQueries } from '../../src/images/image.queries.js';
import { WHOLE } from '../../src/images/image.statement.js';
import { isWhole } from '../../src/images/image.type.js';
import { VerdictGate } from '../../src/images/rules/image-server-gate.js';
import { ImageVerdicts } from '../../src/images/rules/image-verdicts.js';
import type { Database } from '../../src/platform/database/database.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';
import { watchStatements } from '../support/statements.js';

const IMAGES = 10_000;
const FIELDS = new Set(['name', 'owner', 'tags', 'datacenters']);

async function fill(database: Database): Promise<void> {
  const run = async (statement: string): Promise<unknown> => database.em.fork().getConnection().execute(statement, [], 'run');
  await run("insert into user_account (id, username, created_at) values (1, 'admin', 0), (2, 'other', 0)");
  await run("insert into datacenter (id, name, alias, access, owner_id, created_at) values (1, 'main', 'main', 'PUBLIC', 1, 0)");
  for (let start = 1; start <= IMAGES; start += 500) {
    const ids = Array.from({ length: 500 }, (_, at) => start + at);
    const rows = ids.map((id) => {
      const owner = 1 + (id % 2);
      const alias = `image ${id % 7}`;
      return `(${id}, 'u${id}', 'image-${String(id).padStart(5, '0')}', '${alias}', '${id}', '1', ${owner}, ${1024 + (id % 5)}, 'LINUX_VM', '${alias}', '{}', ${id % 13}, 0)`;
    });
    await run(`insert into image (id, uuid, name, alias, alias_key, version, owner_id, size_mib, os_type, search_text, manifest, created_at, updated_at) values ${rows.join(',')}`);
    await run(`insert into image_attachment (image_id, datacenter_id) values ${ids.map((id) => `(${id}, 1)`).join(',')}`);
    await run(`insert into image_tag (image_id, tag, position) values ${ids.map((id) => `(${id}, 'a', 0), (${id}, 'b', 1)`).join(',')}`);
  }
  await run("insert into virtual_server (id, uuid, hostname, datacenter_id, owner_id, os_type, status, tags, addresses, created_at) values (1, 's1', 'one', 1, 1, 'LINUX_VM', 'RUNNING', '[]', '[]', 0)");
  await run(`insert into virtual_disk (server_id, disk_id, size_mib, image_id) values ${[1, 2, 3, 4, 5].map((id) => `(1, ${id}, 1024, ${id})`).join(',')}`);
  await run("update image set origin = 'u1' where id > 9000");
}

describe('a list of 10,000 images', () => {
  let database: Database;
  let opened: TestedDatabase;
  let statements = 0;

  beforeAll(async () => {
    opened = await openMigratedDatabase();
    database = opened.database;
    await fill(database);
    watchStatements(database, () => (statements += 1));
  });
  afterAll(async () => opened?.close());

  function queries(): ImageQueries {
    const em = database.em.fork();
    const viewer = new Viewer({ userId: 1, username: 'admin', isSuperAdmin: true, currentDatacenterId: null, memberships: [] });
    return new ImageQueries(em, viewer, new DatacenterQueries(em, viewer));
  }

  async function page(first: number, after: string | null = null, orderBy: { field: 'NAME' | 'ALIAS' | 'SIZE' | 'CREATED_AT'; direction: 'ASC' | 'DESC' } | null = null) {
    const selection = { items: true, totalCount: false, fields: FIELDS };
    return queries().everywhere(false, { page: { first, after }, orderBy, selection });
  }

  it('costs one statement for a page of 1 and of 200, with where its images are', async () => {
    await page(1);
    const cost = async (first: number): Promise<number> => {
      statements = 0;
      expect((await page(first)).nodes).toHaveLength(first);
      return statements;
    };
    expect([await cost(1), await cost(50), await cost(200)]).toEqual([1, 1, 1]);
  });

  it.each(['NAME', 'ALIAS', 'SIZE', 'CREATED_AT'] as const)('is read page by page by %s without gap or double, forward and backward', async (field) => {
    for (const direction of ['ASC', 'DESC'] as const) {
      const forward: string[] = [];
      for (let after: string | null = null, more = true; more && forward.length < 1000; ) {
        const { nodes, pageInfo } = await page(200, after, { field, direction });
        forward.push(...nodes.map((node) => String(node.name)));
        [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
      }
      expect(new Set(forward).size).toBe(1000);
      const { edges } = await page(200, null, { field, direction });
      const selection = { items: true, totalCount: false, fields: FIELDS };
      const back = await queries().everywhere(false, { page: { last: 100, before: edges[150]?.cursor }, orderBy: { field, direction }, selection });
      expect(back.nodes.map((node) => node.name)).toEqual(forward.slice(50, 150));
      expect(back.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true });
    }
  });

  it('costs as many statements for the verdicts on 200 images as for those on ten, and fewer for fewer actions', async () => {
    const viewer = new Viewer({ userId: 1, username: 'admin', isSuperAdmin: true, currentDatacenterId: null, memberships: [] });
    const cost = async (first: number, only: ImageAction[] | null, datacenters: (string | null)[]): Promise<number> => {
      const em = database.em.fork();
      const images = new ImageQueries(em, viewer, new DatacenterQueries(em, viewer));
      const { nodes } = await images.everywhere(false, { page: { first }, selection: { items: true, totalCount: false, ...WHOLE } });
      const verdicts = new ImageVerdicts({ em, viewer, datacenters: new DatacenterQueries(em, viewer), images, gate: new VerdictGate({ open: async () => null }) });
      statements = 0;
      const shown = await Promise.all(nodes.filter(isWhole).flatMap((image) => datacenters.map(async (datacenter) => verdicts.of(image, { datacenter, only }))));
      expect(shown).toHaveLength(first * datacenters.length);
      return statements;
    };
    const [few, many] = [await cost(10, null, [null, 'main']), await cost(200, null, [null, 'main'])];
    expect([many, few <= 10]).toEqual([few, true]);
    expect(await cost(200, ['USE'], [null])).toBe(1);
    expect(await cost(200, ['UPDATE', 'CHANGE_DC_BOUND'], [null])).toBeLessThanOrEqual(2);
  });

  it('counts only when asked to', async () => {
    statements = 0;
    const counted = await queries().everywhere(false, { page: {}, selection: { items: false, totalCount: true, fields: new Set() } });
    expect([counted.totalCount, statements]).toEqual([IMAGES, 1]);
  });
});
