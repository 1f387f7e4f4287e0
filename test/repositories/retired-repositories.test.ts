import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type Database, openDatabase } from '../../src/platform/database/database.js';
import { databaseOf, GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const CONFIGURE = 'mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
let server: ImgapiRepository;
let database: Database;

beforeAll(async () => {
  server = await startImgapiRepository({ images: Array.from({ length: 3 }, () => makeImage()) });
  ({ gateway, admin, folder } = await startFresh());
});
afterAll(async () => {
  await database?.close();
  await gateway?.stop();
  await server?.close();
  await folder?.remove();
});

async function count(statement: string): Promise<number> {
  const [row] = await database.em.fork().getConnection().execute<{ total: number | string }[]>(statement);
  return Number(row?.total);
}

it('a repository whose deletion was interrupted is deleted at the next start, with its entries', async () => {
  await admin.run(CONFIGURE, { input: { vmsImageRepositories: [{ name: 'gone', url: server.url }] } });
  expect((await admin.run('mutation { refreshImageRepository(name: "gone") { added } }')).refreshImageRepository.added).toBe(3);
  await gateway.stop();
  database = await openDatabase(databaseOf(folder), ENTITIES);
  // What is left when the process is killed right after the settings have changed.
  await database.em.fork().getConnection().execute("update image_repository set retired = true, name = '!gone' where name = 'gone'", [], 'run');
  gateway = await GatewayProcess.start(folder.path);
  await expect.poll(async () => count("select count(*) as total from image_repository where name = '!gone'"), { timeout: 20_000 }).toBe(0);
  expect(await count('select count(*) as total from repository_image')).toBe(0);
});
