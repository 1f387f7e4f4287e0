import type { CompiledQuery } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Viewer } from '../../src/access/viewer.js';
import { DatacenterQueries } from '../../src/datacenters/datacenter.queries.js';
import { ImageQueries } from '../../src/images/image.queries.js';
import type { ImageType } from '../../src/images/image.type.js';
import { ServerQueries } from '../../src/virtual-servers/server.queries.js';
import { DATABASE, openMigratedDatabase, type TestedDatabase } from '../support/database.js';
import { type Statement, watchStatements } from '../support/statements.js';

const [DATACENTERS, IMAGES, SERVERS] = [500, 5000, 20_000];
/** As long as real ones are. */
const MANIFEST = JSON.stringify({ description: 'x'.repeat(1500) });

let opened: TestedDatabase;
const asked: Statement[] = [];

const run = async (statement: string): Promise<unknown> => opened.database.em.fork().getConnection().execute(statement, [], 'run');

async function insert(into: string, total: number, row: (id: number) => string): Promise<void> {
  for (let start = 1; start <= total; start += 500) {
    await run(`insert into ${into} values ${Array.from({ length: Math.min(500, total - start + 1) }, (_, at) => row(start + at)).join(',')}`);
  }
}

/** Every image attached to two datacenters and bound to none but each tenth; every server of one datacenter with one disk. */
async function fill(): Promise<void> {
  await run("insert into user_account (id, username, created_at) values (1, 'admin', 0), (2, 'owner', 0)");
  await insert('datacenter (id, name, alias, access, owner_id, created_at)', DATACENTERS, (id) => `(${id}, '${id === 1 ? 'main' : `dc${id}`}', 'dc', 'PUBLIC', 1, 0)`);
  await insert('image (id, uuid, name, alias, alias_key, version, owner_id, size_mib, os_type, search_text, manifest, created_at, updated_at, access)', IMAGES, (id) =>
    `(${id}, 'u${id}', 'image${id}', 'a${id}', 'a${id}', '1', 1, 1024, 'LINUX_VM', '', '${MANIFEST}', ${id}, 0, '${id % 3 === 0 ? 'PUBLIC' : 'PRIVATE'}')`,
  );
  await insert('image_attachment (image_id, datacenter_id, bound_image_id)', IMAGES, (id) => `(${id}, ${1 + (id % DATACENTERS)}, ${id % 10 === 0 ? id : 'null'})`);
  await insert('image_attachment (image_id, datacenter_id)', IMAGES, (id) => `(${id}, ${1 + ((id + 1) % DATACENTERS)})`);
  await insert('virtual_server (id, uuid, hostname, datacenter_id, owner_id, os_type, tags, addresses, created_at)', SERVERS, (id) =>
    `(${id}, 's${id}', 'host${id}', ${1 + (id % DATACENTERS)}, ${1 + (id % 2)}, 'LINUX_VM', '[]', '[]', 0)`,
  );
  await insert('virtual_disk (server_id, disk_id, size_mib, image_id)', SERVERS, (id) => `(${id}, 1, 1024, ${1 + (id % IMAGES)})`);
  // Postgres counts by itself after a minute; SQLite never does, and plans without.
  if (DATABASE === 'postgres') await run('analyze');
}

beforeAll(async () => {
  opened = await openMigratedDatabase();
  await fill();
  watchStatements(opened.database, (statement) => asked.push(statement));
});
afterAll(async () => opened?.close());

/** Which tables a statement reads from end to end, as the database itself plans it. */
async function scannedBy({ sql, parameters }: Statement): Promise<string[]> {
  const explain = DATABASE === 'sqlite' ? 'explain query plan' : 'explain';
  const client = opened.database.em.getConnection().getClient();
  const { rows } = await client.executeQuery<Record<string, string>>({ sql: `${explain} ${sql}`, parameters } as CompiledQuery<Record<string, string>>);
  const lines = rows.map((row) => String(row['detail'] ?? row['QUERY PLAN']));
  return lines.filter((line) => (DATABASE === 'sqlite' ? /^SCAN (?!CONSTANT|\(|json_each)/ : /Seq Scan on (image|virtual|task)/).test(line));
}

const [SUPER, ADMIN, PLAIN] = ['a SuperAdmin', 'a DCAdmin', 'a plain user'] as const;
const viewers: Record<string, Viewer> = {
  [SUPER]: new Viewer({ userId: 1, username: 'admin', isSuperAdmin: true, currentDatacenterId: null, memberships: [] }),
  [ADMIN]: new Viewer({ userId: 2, username: 'owner', isSuperAdmin: false, currentDatacenterId: null, memberships: [{ id: 8, name: 'dc8', permissions: new Set(['ADMIN'] as const) }] }),
  [PLAIN]: new Viewer({ userId: 2, username: 'owner', isSuperAdmin: false, currentDatacenterId: null, memberships: [] }),
};

function parts(viewer: Viewer): { servers: ServerQueries; images: ImageQueries } {
  const em = opened.database.em.fork();
  const images = new ImageQueries(em, viewer, new DatacenterQueries(em, viewer));
  return { servers: new ServerQueries(em, viewer, images), images };
}

const selection = { items: true, totalCount: false, fields: new Set<string>() };
const image = { id: 7 } as ImageType;

const QUESTIONS: [field: string, ask: (of: ReturnType<typeof parts>) => Promise<unknown>][] = [
  ['Image.servers', async ({ servers }) => servers.ofImage(image, { first: 50 }, selection)],
  ['Image.servers.totalCount', async ({ servers }) => servers.ofImage(image, { first: 50 }, { ...selection, items: false, totalCount: true })],
  ['Image.serverCount of a page', async ({ servers }) => servers.countOfImage.loadMany(Array.from({ length: 50 }, (_, at) => 1 + at * 9))],
  ['Datacenter.imageCount', async ({ images }) => images.imageCount.loadMany([8, 9])],
  ['Datacenter.boundImageCount', async ({ images }) => images.boundImageCount.loadMany([8, 9])],
];

describe.each([SUPER, ADMIN, PLAIN])('for %s', (who) => {
  it.each(QUESTIONS)('%s is one statement that reads no table from end to end', async (_field, ask) => {
    asked.length = 0;
    await ask(parts(viewers[who]!));
    const statements = [...asked];
    expect(statements).toHaveLength(1);
    expect(await scannedBy(statements[0]!)).toEqual([]);
  });
});

it('counts what is there', async () => {
  const { servers, images } = parts(viewers[SUPER]!);
  expect(await servers.countOfImage.load(7)).toBe(SERVERS / IMAGES);
  expect((await servers.ofImage(image, { first: 50 }, selection)).nodes.map((node) => node.hostname)).toEqual(['host10006', 'host15006', 'host5006', 'host6']);
  expect(await images.imageCount.load(8)).toBe((2 * IMAGES) / DATACENTERS);
  expect(await images.boundImageCount.load(1)).toBe(IMAGES / DATACENTERS);
});
