import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayProcess, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temp-folder.js';

const ROUNDS = 6;
const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { uuid } task { id } } }';

let database: TestDatabase;
let repository: ImgapiRepository;
let folders: TemporaryFolder[];
let gateways: GatewayProcess[];
let clients: TestClient[];

beforeAll(async () => {
  [database, repository] = [await createTestDatabase(), await startImgapiRepository()];
  folders = [await temporaryFolder(), await temporaryFolder()];
  gateways = [];
  for (const { path } of folders) gateways.push(await GatewayProcess.start(path, { DATABASE_URL: database.url, IMAGE_STORE: `file:${folders[0]?.path}/images` }));
  clients = gateways.map(({ url }) => new TestClient(url, gateways[0]?.firstKey ?? null));
});
afterAll(async () => {
  for (const gateway of gateways ?? []) await gateway.stop();
  await repository?.close();
  await database?.drop();
  for (const folder of folders ?? []) await folder.remove();
});

describe('two processes over one database', () => {
  it('make one image of an import that reaches both at the same time under one idempotencyKey', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = `shared-${round}`;
      const image = makeImage({ name, version: name });
      repository.images.push(image);
      const input = { name, manifestUrl: repository.manifestUrl(image), datacenter: 'main', idempotencyKey: name };
      const answers = await Promise.all([...clients, ...clients].map(async (client) => client.send(IMPORT, { input })));
      expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
      const made = new Set(answers.map(({ data }) => data?.importImage.task.id));
      const { tasks } = await clients[0]!.run('query ($name: String!) { tasks(image: $name) { nodes { id } } }', { name });
      expect(tasks.nodes.map(({ id }: { id: string }) => id)).toEqual([...made]);
    }
  });

  it('let one of several updates pass that know the same image', async () => {
    const [one, other] = clients as [TestClient, TestClient];
    const { images } = await one.run('{ images(first: 1, filter: { status: OK }) { nodes { name } } }');
    const [{ name }] = images.nodes;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { image } = await one.run('query ($name: String!) { image(name: $name) { updatedAt } }', { name });
      // A binding changes at once, without a task.
      const send = async (client: TestClient, dcBound: boolean) => client.code('mutation ($input: UpdateImageInput!) { updateImage(input: $input) { image { name } } }', { input: { name, dcBound, ifUpdatedAt: image.updatedAt } });
      const isBound = round % 2 === 1;
      expect((await Promise.all([send(one, isBound), send(other, isBound)])).sort()).toEqual(['CONFLICT', 'data']);
    }
  });
});
