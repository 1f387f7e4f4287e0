import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../../src/app.js';
import { readConfig } from '../../src/config/config.js';
import { createLog } from '../../src/platform/log.js';
import { databaseOf, migratedFolder, TestClient } from '../support/gateway.js';
import { DATABASE } from '../support/database.js';
import { type Statement, watchStatements } from '../support/statements.js';
import { ask, TRANSPORTS } from '../support/transports.js';
import { busyWith, slowDown } from './slow-statements.js';

const IMAGES = 4000;
/** The oldest, private to others in one of the tests. */
const HIDDEN = 1500;
const OPERATION_TIMEOUT = 2;

let started: Started;
let gateway: Gateway;
let admin: TestClient;
let peter: TestClient;
const ran: Statement[] = [];
let backToNormal = (): void => undefined;

/** Images of main, every second one PRIVATE to admin, and as many in a repository; all in one transaction. */
async function fill(): Promise<void> {
  await gateway.database.em.fork().transactional(async (tx) => {
    const run = async (statement: string): Promise<unknown> => tx.getConnection().execute(statement, [], 'run', tx.getTransactionContext());
    await run("insert into image_repository (id, name, url, status, image_count, generation, created_at) values (50, 'offers', 'http://offers.invalid', 'OK', 4000, 1, 0)");
    for (let start = 1; start <= IMAGES; start += 500) {
      const ids = Array.from({ length: 500 }, (_, at) => start + at);
      const images = ids.map((id) => `(${id}, 'u${id}', 'image-${id}', 'alias ${id % 97}', '${id}', '1', 1, '${id % 2 === 0 ? 'PRIVATE' : 'PUBLIC'}', ${1024 + (id % 5)}, 'LINUX_VM', 'image-${id} some words', '{}', ${id}, 0)`);
      await run(`insert into image (id, uuid, name, alias, alias_key, version, owner_id, access, size_mib, os_type, search_text, manifest, created_at, updated_at) values ${images.join()}`);
      await run(`insert into image_attachment (image_id, datacenter_id) values ${ids.map((id) => `(${id}, 1)`).join()}`);
      const offers = ids.map((id) => `(50, 'o${id}', 1, 1000, 'offer-${id}', '1', 'zvol', 'LINUX_VM', '', 1, 1, 'active', ${id}, '{}', '${id}', 'offer-${id} some words')`);
      await run(`insert into repository_image (repository_id, uuid, from_generation, to_generation, name, version, type, os_type, description, size_mib, download_size, state, published_sort, manifest, content_hash, search_text) values ${offers.join()}`);
    }
  });
}

interface Started extends AsyncDisposable {
  gateway: Gateway;
  admin: TestClient;
  peter: TestClient;
}

/** A gateway in this process, with a plain user. */
async function startWith(settings: Record<string, string>): Promise<Started> {
  const folder = await migratedFolder();
  const target = databaseOf(folder);
  const env = { DATA_DIR: folder.path, PORT: '0', REFRESH_INTERVAL: '0', ...settings, ...(target.kind === 'postgres' && { DATABASE_URL: target.url }) };
  const made = await startGateway(readConfig(env), createLog('silent'));
  const superAdmin = new TestClient(made.publicUrl, made.firstKey);
  await superAdmin.run('mutation { createUser(input: { username: "peter" }) { username } }');
  const { createApiKey } = await superAdmin.run('mutation { createApiKey(input: { username: "peter", name: "test" }) { key } }');
  const end = async (): Promise<void> => {
    await made.close();
    await folder.remove();
  };
  return { gateway: made, admin: superAdmin, peter: new TestClient(made.publicUrl, createApiKey.key), [Symbol.asyncDispose]: end };
}

async function post(client: TestClient, query: string, signal: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${client.key}` };
  return fetch(`${client.url}/graphql`, { method: 'POST', headers, signal, body: JSON.stringify({ query }) });
}

beforeAll(async () => {
  started = await startWith({ OPERATION_TIMEOUT: String(OPERATION_TIMEOUT) });
  ({ gateway, admin, peter } = started);
  await fill();
  watchStatements(gateway.database, (statement) => ran.push(statement));
});
afterEach(() => backToNormal());
afterAll(async () => started?.[Symbol.asyncDispose]());

const COUNTED = 'query Counted { images(datacenter: "main") { totalCount } }';

/** Every way to ask for a count, a search or a filter. */
const HEAVY: [string, string][] = [
  ['a count', COUNTED],
  ['a count of everything', '{ images(showAll: true, showDeleted: true) { totalCount } }'],
  ['a count of what may be used', '{ usableImages(datacenter: "main") { totalCount } }'],
  ['counts of a datacenter', '{ datacenter(name: "main") { imageCount boundImageCount } }'],
  ['a search', '{ images(datacenter: "main", filter: { search: "some words" }) { nodes { name } } }'],
  ['a search of one letter', '{ images(datacenter: "main", filter: { search: "w" }) { nodes { name } totalCount } }'],
  ['a search for nothing', '{ images(datacenter: "main", filter: { search: "zebra" }) { nodes { name } totalCount } }'],
  ...['NAME', 'ALIAS', 'SIZE', 'CREATED_AT'].map((field): [string, string] => [
    `a weak filter by ${field}`, `{ images(datacenter: "main", filter: { osType: [LINUX_VM], access: [PRIVATE], dcBound: false }, orderBy: { field: ${field}, direction: DESC }) { nodes { name } } }`,
  ]),
  ['a filter by tag and owner', '{ images(showAll: true, filter: { tags: ["none"], owner: "admin" }) { nodes { name } } }'],
  ['servers', '{ datacenter(name: "main") { servers { totalCount nodes { hostname } } } }'],
  ['servers of an image', '{ image(name: "image-1") { serverCount servers { totalCount nodes { hostname } } } }'],
  ['what can be imported', '{ imageRepository(name: "offers") { images(filter: { importable: true }) { totalCount nodes { name } } } }'],
  ['a search in a repository', '{ imageRepository(name: "offers") { images(filter: { search: "words" }, orderBy: { field: NAME, direction: ASC }) { totalCount nodes { name } } } }'],
  ['tasks', '{ tasks(status: [FAILED]) { totalCount nodes { id } } }'],
  ['datacenters', '{ datacenters { totalCount nodes { name } } }'],
];

/** A statement that looks at as many rows as there are, unless a limit within it ends that. */
function isUnbounded({ sql }: Statement): boolean {
  const text = sql.toLowerCase();
  const ends = /\blimit \d+\) \w+/.test(text);
  return /\bcount\(/.test(text) ? !ends : / like | match |group by/.test(text);
}

describe('what may take long', () => {
  it.each(HEAVY)('is not asked on the event loop: %s', async (_what, query) => {
    ran.length = 0;
    await admin.run(query);
    expect(ran.filter(({ isHeavy }) => isHeavy === true)).not.toEqual([]);
    expect(ran.filter((statement) => statement.isHeavy !== true && isUnbounded(statement))).toEqual([]);
  });

  it('leaves pages without a filter where they are read quickest', async () => {
    const query = '{ images(datacenter: "main") { nodes { name owner { username } tags } } usableImages(datacenter: "main", first: 200) { nodes { name } } imageRepository(name: "offers") { images(first: 20) { nodes { name } } } tasks { nodes { id } } }';
    await admin.run(query);
    ran.length = 0;
    await admin.run(query);
    expect(ran.filter(({ isHeavy }) => isHeavy === true)).toEqual([]);
  });

  it('is asked elsewhere where a page lies behind many rows that the caller may not see', async () => {
    await gateway.database.em.getConnection().execute(`update image set access = 'PRIVATE' where id <= ${HIDDEN}`, [], 'run');
    ran.length = 0;
    const { usableImages } = await peter.run('{ usableImages(datacenter: "main", orderBy: { field: CREATED_AT, direction: ASC }) { nodes { name } pageInfo { hasNextPage } } }');
    expect(usableImages.nodes.map(({ name }: { name: string }) => name)).toEqual(Array.from({ length: 50 }, (_, at) => `image-${HIDDEN + 1 + at * 2}`));
    expect(ran.some(({ isHeavy }) => isHeavy === true)).toBe(DATABASE === 'sqlite');
  });
});

describe('an operation that takes too long', () => {
  const tooSlow = { extensions: { code: 'QUERY_TOO_COMPLEX', seconds: OPERATION_TIMEOUT }, message: expect.stringMatching(/longer than the 2 s that OPERATION_TIMEOUT allows.*narrower filter.*totalCount/) as string };

  it.each(TRANSPORTS)('ends with an error over %s, and its work stops', async (transport) => {
    backToNormal = slowDown(gateway.database, 'admin');
    const { errors } = await ask(transport, gateway.publicUrl, admin.key, { query: COUNTED });
    expect(errors).toEqual([expect.objectContaining(tooSlow)]);
    await expect.poll(() => busyWith(gateway.database)).toBe(0);
  });

  it('holds up nobody else meanwhile', async () => {
    backToNormal = slowDown(gateway.database, 'admin');
    let isOver = false;
    const slow = admin.send(COUNTED).finally(() => (isOver = true));
    await expect.poll(() => busyWith(gateway.database)).toBeGreaterThan(0);
    for (let at = 0; at < 10; at += 1) await peter.run('{ image(name: "image-3999") { name owner { username } } }');
    expect(isOver).toBe(false);
    expect((await slow).errors[0]).toMatchObject(tooSlow);
  });

  it('stops when its client is gone', async () => {
    backToNormal = slowDown(gateway.database, 'admin');
    const abort = new AbortController();
    const gone = post(admin, COUNTED, abort.signal);
    await expect.poll(() => busyWith(gateway.database)).toBe(1);
    abort.abort();
    await expect(gone).rejects.toThrow('aborted');
    await expect.poll(() => busyWith(gateway.database), { timeout: OPERATION_TIMEOUT * 900 }).toBe(0);
  });
});

describe('many slow lists of one user', () => {
  const counts = (many: number): string => `{ ${Array.from({ length: many }, (_, at) => `c${at}: images(datacenter: "main") { totalCount }`).join(' ')} }`;

  it('do not keep another waiting for all of them', async () => {
    await using patient = await startWith({ OPERATION_TIMEOUT: '50' });
    const restore = slowDown(patient.gateway.database, 'admin');
    const abort = new AbortController();
    let isOver = false;
    const many = post(patient.admin, counts(60), abort.signal).finally(() => (isOver = true));
    await expect.poll(() => busyWith(patient.gateway.database), { timeout: 20_000 }).toBe(2);
    const { usableImages } = await patient.peter.run('{ usableImages(datacenter: "main") { totalCount } }');
    expect([usableImages.totalCount, isOver]).toEqual([0, false]);
    abort.abort();
    await expect(many).rejects.toThrow('aborted');
    await expect.poll(() => busyWith(patient.gateway.database), { timeout: 20_000 }).toBe(0);
    restore();
  });
});
