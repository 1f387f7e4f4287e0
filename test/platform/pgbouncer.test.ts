import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { openDatabase } from '../../src/platform/database/database.js';
import { reachPostgres } from '../../src/platform/database/postgres/reach-postgres.js';
import { PostgresReader } from '../../src/platform/database/read/postgres-reader.js';
import { sqlInteger, sqlText } from '../../src/platform/database/sql-text.js';
import { follow } from '../support/follow.js';
import { GatewayProcess, TestClient } from '../support/gateway.js';
import { imageFacts, insertImages } from '../support/image-rows.js';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temp-folder.js';

const IMAGES = Array.from({ length: 60 }, (_, index) => imageFacts(index + 1));
/** Each selection is a statement of its own. */
const SELECTIONS = ['name', 'version', 'name version', 'uuid', 'uuid name', 'uuid version', 'access', 'access name', 'access version', 'access uuid'];

let direct: TestDatabase;
let pooler: PgBouncer | null = null;
const folders: TemporaryFolder[] = [];

beforeAll(async () => {
  direct = await createTestDatabase();
  pooler = await startPgBouncer(direct.url, 4);
  for (let count = 0; count < 2; count += 1) folders.push(await temporaryFolder());
}, 120_000);
afterAll(async () => {
  await pooler?.stop();
  await direct?.drop();
  for (const folder of folders) await folder.remove();
});

/** Runs `work` for each number, 25 at a time. */
async function manyAtOnce(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 25 }, worker));
}

async function readAndWrite(admin: TestClient, process: number, count: number): Promise<void> {
  await manyAtOnce(count, async (number) => {
    const selection = SELECTIONS[(process === 0 ? number : 7 * number + 3) % SELECTIONS.length]!;
    const image = IMAGES[(number * 13) % IMAGES.length]!;
    const { image: found } = await admin.run(`query ($name: String) { image(name: $name) { ${selection} } }`, { name: image.name });
    const expected = { name: image.name, version: image.version, uuid: image.uuid, access: image.access };
    expect(found).toEqual(Object.fromEntries(selection.split(' ').map((field) => [field, expected[field as 'name']])));
    if (number % 15 !== 0) return;
    const username = `user-${process}-${number}-${Math.trunc(performance.now() * 1000)}`;
    expect(await admin.run('mutation ($username: String!) { createUser(input: { username: $username }) { username } }', { username })).toEqual({ createUser: { username } });
    expect(await admin.run('{ images(first: 3, filter: { search: "image-5" }) { totalCount } user(username: "admin") { username } }')).toMatchObject({ images: { totalCount: expect.any(Number) as number } });
  });
}

describe('PgBouncer in transaction mode', () => {
  beforeEach(({ skip }) => skip(pooler === null, 'PgBouncer is not installed here, and apt-get cannot download it'));

  it('is noticed', async () => {
    expect(await reachPostgres({ url: pooler!.url })).toEqual({ isPooled: true, isDirect: false });
    expect(await reachPostgres({ url: pooler!.url, directUrl: direct.url })).toEqual({ isPooled: true, isDirect: true });
  });

  it('never lets two processes mean different statements by one name', async () => {
    const pools = [0, 1].map(() => new Pool({ connectionString: pooler!.url, max: 8 }));
    try {
      const readers = pools.map((pool) => new PostgresReader(async () => pool, { statementMs: 30_000, answerMs: 10_000 }));
      await manyAtOnce(600, async (number) => {
        const value = sqlInteger((number % 2 === 0 ? number : 600 - number) % 20, { max: 20 });
        const rows = await readers[number % 2]!.all(sqlText`select ${value} as n, ${number}::int as m`, { steady: true });
        expect(rows).toEqual([[Number(value.text), number]]);
      });
    } finally {
      await Promise.all(pools.map(async (pool) => pool.end()));
    }
  });

  it.each([['auto', 'image-1'], ['on', 'image-2']])('serves two gateways without an error, with DATABASE_PREPARED=%s', async (prepared, attached) => {
    const settings = { DATABASE_URL: pooler!.url, DATABASE_DIRECT_URL: direct.url, DATABASE_PREPARED: prepared, IMAGE_STORE: `file:${folders[0]!.path}/images`, LOG_LEVEL: 'info', AUTH_JWT_SECRET: 'a secret of a test that is long enough' };
    const gateways: GatewayProcess[] = [];
    try {
      for (const { path } of folders) gateways.push(await GatewayProcess.start(path, settings));
      key ??= gateways[0]!.firstKey;
      await fill();
      const admins = gateways.map(({ url }) => new TestClient(url, key));
      const following = await follow('sse', gateways[1]!.url, key!, 'subscription { imageChanged { image { name } } }');
      await Promise.all(admins.map(async (admin, process) => readAndWrite(admin, process, 120)));
      await admins[0]!.run('mutation ($input: AttachImageInput!) { attachImage(input: $input) { image { name } } }', { input: { image: attached, datacenter: 'main' } });
      await expect.poll(() => following.events, { timeout: 10_000 }).toEqual([{ imageChanged: { image: { name: attached } } }]);
      await following.stop();
      for (const { output } of gateways) expect(output().split('\n').filter((line) => /"level":(40|50)|pooler|prepared statement/.test(line))).toEqual([]);
    } finally {
      for (const gateway of gateways) await gateway.stop();
    }
  });
});

let key: string | null = null;
let isFilled = false;

async function fill(): Promise<void> {
  if (isFilled) return;
  const database = await openDatabase({ kind: 'postgres', url: direct.url }, ENTITIES);
  await insertImages(database.em.fork(), IMAGES);
  await database.close(true);
  isFilled = true;
}
