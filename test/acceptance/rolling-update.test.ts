import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type DatabaseTarget, openDatabase } from '../../src/platform/database/database.js';
import { SCHEMA_VERSION } from '../../src/platform/database/schema/schema-version.js';
import { GatewayProcess, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { buildNextRelease, CONTRACT, type Release } from '../support/next-release.js';
import { createTestDatabase } from '../support/postgres.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

let next: Release;
let repository: ImgapiRepository;

beforeAll(async () => {
  [next, repository] = await Promise.all([buildNextRelease(), startImgapiRepository()]);
}, 120_000);
afterAll(async () => {
  await repository?.close();
  await next?.[Symbol.asyncDispose]();
});

const TOO_OLD = `a newer image-gateway has migrated this database, which needs schema version ${SCHEMA_VERSION + 1} now, and this program knows version ${SCHEMA_VERSION}`;
const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }';
const UPDATE = 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { task { id } } }';
const DELETE = 'mutation ($name: String!) { deleteImage(input: { name: $name }) { task { id } } }';

async function run(target: DatabaseTarget, statement: string): Promise<void> {
  const database = await openDatabase(target, ENTITIES);
  await database.em.getConnection().execute(statement);
  await database.close(true);
}

/** Starts an import; its task. */
async function begin(client: TestClient, name: string, size = 5000): Promise<string> {
  const image = makeImage({ name, version: '1', size });
  repository.images.push(image);
  const { importImage } = await client.run(IMPORT, { input: { name, manifestUrl: repository.manifestUrl(image), dcBound: false, access: 'PUBLIC' } });
  return importImage.task.id;
}

/** Every kind of work, by one release; what it makes is seen by the other. */
async function useBoth(writer: TestClient, reader: TestClient): Promise<void> {
  const [name, datacenter] = [`i-${randomUUID().slice(0, 8)}`, `d-${randomUUID().slice(0, 8)}`];
  expect(await writer.ended(await begin(writer, name))).toMatchObject({ status: 'SUCCEEDED' });
  const { updateImage } = await writer.run(UPDATE, { input: { name, description: `by ${name}` } });
  expect(await reader.ended(updateImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
  await writer.run('mutation ($name: String!) { createDatacenter(input: { name: $name }) { name } }', { name: datacenter });
  await reader.run('mutation ($image: String!, $datacenter: String!) { attachImage(input: { image: $image, datacenter: $datacenter }) { bindingRemoved } }', { image: name, datacenter });
  const shown = await reader.run('query ($name: String) { image(name: $name) { description status datacenters { name } } images(first: 3, filter: { search: "by" }) { totalCount } }', { name });
  expect(shown).toMatchObject({ image: { description: `by ${name}`, status: 'OK', datacenters: [{ name: datacenter }] } });
  const { deleteImage } = await reader.run(DELETE, { name });
  expect(await writer.ended(deleteImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await writer.run('query ($name: String) { image(name: $name) { name } }', { name })).toEqual({ image: null });
}

/** Reads and changes without a pause until it is stopped; the answers that were no data. */
function askAllTheTime(client: TestClient): () => Promise<unknown[]> {
  const refused: unknown[] = [];
  const stopped = new AbortController();
  const asking = (async () => {
    for (let count = 1; !stopped.signal.aborted; count += 1) {
      const asked = await Promise.all([
        client.send('{ images(showAll: true) { nodes { name status tags file { sha1 } } } datacenters { nodes { name } } tasks(first: 5) { nodes { status attempts } } }'),
        client.send('mutation ($alias: String!) { updateDatacenter(input: { name: "main", alias: $alias }) { alias } }', { alias: `alias ${count}` }),
        client.send(UPDATE, { input: { name: 'always', description: `change ${count}` } }),
      ]);
      // Its task may not have ended yet.
      refused.push(...asked.flatMap(({ errors }) => errors).filter(({ extensions }) => extensions.code !== 'IMAGE_NOT_READY'));
    }
  })();
  return async () => {
    stopped.abort();
    await asking;
    return refused;
  };
}

describe('a rolling update to a release that expands the database', () => {
  let folder: TemporaryFolder;
  let settings: Record<string, string>;
  let drop: () => Promise<void>;
  let key: string | null;
  const running: GatewayProcess[] = [];

  beforeAll(async () => {
    const database = await createTestDatabase();
    [folder, drop] = [await temporaryFolder(), database.drop];
    settings = { DATABASE_URL: database.url, IMAGE_STORE: `file:${folder.path}/images` };
  });
  afterAll(async () => {
    await Promise.all(running.map(async (process) => process.stop()));
    await drop?.();
    await folder?.remove();
  });

  async function start(name: string, root?: string): Promise<{ process: GatewayProcess; client: TestClient }> {
    const process = await GatewayProcess.start(`${folder.path}/${name}`, settings, [], root);
    running.push(process);
    key ??= process.firstKey;
    return { process, client: new TestClient(process.url, key) };
  }

  it('disturbs nothing that the older processes do, before, while and after the newer one migrates', async () => {
    const old = await start('old');
    const other = await start('other');
    expect(await old.client.ended(await begin(old.client, 'always'))).toMatchObject({ status: 'SUCCEEDED' });
    repository.fail = { file: { slow: 200_000 } };
    const slow = await begin(old.client, 'slow', 400_000);
    const stops = [old, other].map(({ client }) => askAllTheTime(client));
    const young = await start('young', next.root);
    await useBoth(old.client, young.client);
    expect(await Promise.all(stops.map(async (stop) => stop()))).toEqual([[], []]);
    repository.fail = {};
    await useBoth(young.client, other.client);
    expect(await young.client.ended(slow)).toMatchObject({ status: 'SUCCEEDED' });
    // One of the older ones goes, and an operator who goes back starts it again.
    expect(await other.process.stop()).toBe(0);
    const back = await start('other');
    await useBoth(back.client, young.client);
    expect(await Promise.all([old.process, young.process].map(async (process) => process.stop()))).toEqual([0, 0]);
    await useBoth(back.client, back.client);
    expect([old, other, young, back].map(({ process }) => /"level":[56]0.*/.exec(process.output())?.[0])).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('ends once the database is contracted, and says so: then an older program is refused, and the newer one works', async () => {
    await run({ kind: 'postgres', url: settings.DATABASE_URL ?? '' }, CONTRACT);
    await expect(start('late')).rejects.toThrow(TOO_OLD);
    const young = await start('young', next.root);
    await useBoth(young.client, young.client);
  });
});

it('an update on SQLite can be gone back on, as long as the newer release only expands the database', async () => {
  await using folder = await temporaryFolder();
  const first = await GatewayProcess.start(folder.path);
  const key = first.firstKey;
  const use = async ({ url }: GatewayProcess): Promise<void> => useBoth(new TestClient(url, key), new TestClient(url, key));
  await use(first);
  expect(await first.stop()).toBe(0);
  for (const root of [next.root, undefined, next.root]) {
    const process = await GatewayProcess.start(folder.path, {}, [], root);
    await use(process);
    expect(await process.stop()).toBe(0);
  }
  await run({ kind: 'sqlite', path: `${folder.path}/gateway.sqlite` }, CONTRACT);
  await expect(GatewayProcess.start(folder.path)).rejects.toThrow(TOO_OLD);
});
