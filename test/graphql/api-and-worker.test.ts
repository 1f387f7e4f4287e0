import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { follow } from '../support/follow.js';
import { GatewayProcess, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sendRaw } from '../support/raw-http.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temp-folder.js';
import { freezableProxy } from '../support/unwilling-servers.js';

const ACTIONS = 'subscription { taskChanged { action datacenter { name } } }';

let database: TestDatabase;
let repository: ImgapiRepository;
let folders: TemporaryFolder[];
let api: GatewayProcess;
let admin: TestClient;

beforeAll(async () => {
  [database, repository] = [await createTestDatabase(), await startImgapiRepository()];
  folders = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
  api = await start(0, 'api');
  admin = new TestClient(api.url, api.firstKey);
});
afterAll(async () => {
  await api?.stop();
  await repository?.close();
  await database?.drop();
  for (const folder of folders ?? []) await folder.remove();
});

/** Both keep images in the same store. */
function start(folder: number, run: string, settings: Record<string, string> = {}): Promise<GatewayProcess> {
  return GatewayProcess.start(folders[folder]!.path, { DATABASE_URL: database.url, IMAGE_STORE: `file:${folders[0]!.path}/images`, RUN: run, ...settings });
}

/** Ends the connections by which processes tell each other what changed; they connect anew a second later. */
async function breakRelays(): Promise<void> {
  const orm = await MikroORM.init({ clientUrl: database.url, entities: [], discovery: { warnWhenNoEntities: false } });
  await orm.em.getConnection().execute("select pg_terminate_backend(pid) from pg_stat_activity where (query like 'listen %' or query like '%pg_notify%' or query like 'select cast(extract(epoch%') and pid <> pg_backend_pid() and datname = current_database()");
  await orm.close(true);
}

describe('a gateway split into API and worker processes', () => {
  it('leaves tasks to the worker, which runs them once it has started', async () => {
    const image = makeImage({ name: 'parted', version: '1', size: 2000 });
    repository.images.push(image);
    const input = { name: 'parted', manifestUrl: repository.manifestUrl(image), datacenter: 'main' };
    const { importImage } = await admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input });
    expect(await admin.run('query ($id: ID!) { task(id: $id) { status attempts } }', { id: importImage.task.id })).toEqual({ task: { status: 'PENDING', attempts: 0 } });
    const worker = await start(1, 'worker');
    expect(await admin.ended(importImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    await admin.run('mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }', { input: { vmsImageRepositories: [{ name: 'remote', url: repository.url }] } });
    expect(await admin.run('mutation { refreshImageRepository(name: "remote") { added task { status } } }')).toEqual({ refreshImageRepository: { added: 1, task: { status: 'SUCCEEDED' } } });
    expect(await worker.stop()).toBe(0);
  });

  it('sends events of the worker to the subscribers of the API, also what happened while the connection between them was broken', async () => {
    const worker = await start(1, 'worker');
    const following = await follow('websocket', api.url, api.firstKey!, 'subscription { taskChanged { id status } }');
    await admin.run('mutation { refreshImageRepository(name: "remote") { added } }');
    while (following.events.at(-1)?.taskChanged.status !== 'SUCCEEDED') await new Promise((resolve) => setTimeout(resolve, 20));
    const again = await follow('sse', api.url, api.firstKey!, 'subscription { imageRepositoryChanged { status } }');
    await breakRelays();
    const heard = following.events.length;
    const { refreshImageRepository: { task } } = await admin.run('mutation { refreshImageRepository(name: "remote") { task { id } } }');
    await expect.poll(() => following.events.slice(heard).map(({ taskChanged }) => `${taskChanged.id} ${taskChanged.status}`), { timeout: 20_000 }).toContain(`${task.id} SUCCEEDED`);
    await expect.poll(() => again.events.at(-1)?.imageRepositoryChanged.status, { timeout: 20_000 }).toBe('OK');
    expect(await Promise.race([following.ended, again.ended, Promise.resolve('open')])).toBe('open');
    await Promise.all([following.stop(), again.stop()]);
    expect(await worker.stop()).toBe(0);
  });

  it('goes on with events, both ways, while nothing passes on the connection for them and nobody closes it', async () => {
    const proxy = await freezableProxy(Number(new URL(database.url).port));
    const other = await start(1, 'api', { DATABASE_DIRECT_URL: database.url.replace(/:\d+\//, `:${proxy.port}/`) });
    const [there, here] = [await follow('websocket', other.url, api.firstKey!, ACTIONS), await follow('sse', api.url, api.firstKey!, ACTIONS)];
    const elsewhere = new TestClient(other.url, api.firstKey);
    proxy.freeze();
    await admin.run('mutation { createDatacenter(input: { name: "heard-late" }) { name } }');
    await elsewhere.run('mutation { createDatacenter(input: { name: "told-late" }) { name } }');
    const names = ({ events }: typeof there) => events.map(({ taskChanged }) => taskChanged.datacenter?.name);
    await expect.poll(() => [names(there), names(here)], { timeout: 30_000 }).toEqual([expect.arrayContaining(['heard-late', 'told-late']), expect.arrayContaining(['heard-late', 'told-late'])]);
    await expect.poll(() => other.output(), { timeout: 30_000 }).toContain('The connection that carries changes is broken.');
    proxy.thaw();
    await Promise.all([there.stop(), here.stop()]);
    expect(await other.stop()).toBe(0);
    await proxy.close();
  });

  it('cancels over the API what runs in the worker', async () => {
    const worker = await start(1, 'worker');
    const image = makeImage({ name: 'stopped', version: '1', size: 2000 });
    repository.images.push(image);
    repository.fail = { file: 'silence' };
    const input = { name: 'stopped', manifestUrl: repository.manifestUrl(image), datacenter: 'main' };
    const { importImage } = await admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input });
    const { id } = importImage.task;
    while ((await admin.run('query ($id: ID!) { task(id: $id) { phase } }', { id })).task.phase !== 'DOWNLOADING') await new Promise((resolve) => setTimeout(resolve, 20));
    // It answers within half a second, with the end of the task if that came by then.
    const { cancelTask } = await admin.run('mutation ($id: ID!) { cancelTask(id: $id) { status } }', { id });
    expect(['RUNNING', 'CANCELLED']).toContain(cancelTask.status);
    expect(await admin.ended(id)).toMatchObject({ status: 'CANCELLED' });
    repository.fail = {};
    expect(await worker.stop()).toBe(0);
  });

  it('lets another worker take over what a worker ran that was killed', async () => {
    const image = makeImage({ name: 'taken-over', version: '1', size: 2_000_000 });
    repository.images.push(image);
    repository.fail = { file: { slow: 200_000 } };
    const killed = await start(1, 'worker');
    const input = { name: 'taken-over', manifestUrl: repository.manifestUrl(image), datacenter: 'main', access: 'PUBLIC' };
    const { importImage } = await admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input });
    const task = async () => (await admin.run('query ($id: ID!) { task(id: $id) { status phase attempts } }', { id: importImage.task.id })).task;
    await expect.poll(async () => (await task()).phase, { timeout: 30_000 }).toBe('DOWNLOADING');
    const other = await start(2, 'worker');
    await killed.kill();
    repository.fail = {};
    await expect.poll(async () => (await task()).status, { timeout: 30_000 }).toBe('SUCCEEDED');
    expect(await task()).toMatchObject({ attempts: 2 });
    const file = Buffer.from(await (await fetch(`${api.url}/imgapi/images/${image.manifest.uuid}/file`)).arrayBuffer());
    expect(file.equals(image.file)).toBe(true);
    expect(await other.stop()).toBe(0);
  });

  it('starts at the same time as others on an empty database, and makes one first key', async () => {
    const empty = await createTestDatabase();
    const settings = { DATABASE_URL: empty.url, IMAGE_STORE: `file:${folders[1]!.path}/images-of-empty` };
    // Two of them share a folder, and with it the secret of their tokens.
    const three = await Promise.all([0, 0, 1].map(async (at) => GatewayProcess.start(`${folders[at]!.path}/at-once`, settings)));
    expect(three.filter(({ firstKey }) => firstKey !== null)).toHaveLength(1);
    expect(await Promise.all(three.map(async (process) => process.stop()))).toEqual([0, 0, 0]);
    await empty.drop();
  });

  it('shows the first key where a worker is the first to start', async () => {
    const empty = await createTestDatabase();
    const settings = { DATABASE_URL: empty.url, IMAGE_STORE: `file:${folders[1]!.path}/images-of-worker` };
    const worker = await GatewayProcess.start(`${folders[1]!.path}/first`, { ...settings, RUN: 'worker' });
    const second = await GatewayProcess.start(`${folders[2]!.path}/second`, { ...settings, RUN: 'api' });
    expect(second.firstKey).toBeNull();
    expect(await new TestClient(second.url, worker.firstKey).run('{ viewer { user { username } } }')).toEqual({ viewer: { user: { username: 'admin' } } });
    expect(await Promise.all([worker.stop(), second.stop()])).toEqual([0, 0]);
    await empty.drop();
  });

  it('finds a datacenter that another process made before this one has heard of it', async () => {
    const other = await start(1, 'api');
    const elsewhere = new TestClient(other.url, admin.key);
    await breakRelays();
    await elsewhere.run('{ datacenter(name: "main") { name } }');
    await admin.run('mutation { createDatacenter(input: { name: "just-made" }) { name } }');
    expect(await elsewhere.run('{ datacenter(name: "just-made") { name } }')).toEqual({ datacenter: { name: 'just-made' } });
    expect(await other.stop()).toBe(0);
  });

  it('serves no transport in a worker process, but health and metrics', async () => {
    const worker = await start(1, 'worker');
    const statusOf = async (path: string): Promise<number> => (await sendRaw(worker.url, `GET ${path} HTTP/1.1\r\nhost: ${new URL(worker.url).host}\r\n\r\n`)).status;
    expect(await Promise.all(['/livez', '/metrics', '/graphql', '/graphiql', '/imgapi/ping'].map(statusOf))).toEqual([200, 200, 404, 404, 404]);
    // What it asks for must answer within a second, which a busy machine does not always manage.
    await expect.poll(async () => statusOf('/readyz')).toBe(200);
    expect(await worker.stop()).toBe(0);
  });
});
