import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { random } from '../support/random.js';
import { filesOfStore } from '../support/stored-image.js';

const IMPORT = `mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }`;
const KILLS = 4;

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

it('leaves no pending image and no stray file however often it is killed during imports', { timeout: 120_000 }, async () => {
  const images = Array.from({ length: KILLS }, (_, at) => makeImage({ name: `image-${at}`, version: '1.0', size: 400_000 }));
  const repository = await startImgapiRepository({ images });
  repository.fail = { file: { slow: 2_000_000 } };
  let { gateway, admin, folder } = await startFresh();
  for (const image of images) {
    const input = { name: image.manifest.name, manifestUrl: repository.manifestUrl(image), datacenter: 'main' };
    await admin.run(IMPORT, { input });
    await sleep(random() * 350);
    await gateway.kill();
    gateway = await GatewayProcess.start(folder.path);
    admin = new TestClient(gateway.url, admin.key);
  }
  const { tasks } = await admin.run('{ tasks(action: [IMAGE_IMPORT], first: 200) { nodes { id } } }');
  for (const task of tasks.nodes) await admin.ended(task.id);
  const shown = await admin.run('{ images(first: 200) { nodes { uuid status file { sha1 } } } }');
  expect(shown.images.nodes.map((image: { status: string }) => image.status)).toEqual(Array(KILLS).fill('OK'));
  // One file and one manifest each, under the name of an attempt; nothing else.
  const uuids = shown.images.nodes.map((image: { uuid: string }) => image.uuid) as string[];
  const stored = async () => (await filesOfStore(join(folder.path, 'images'))).map((path) => path.replace(/\/[0-9a-f-]{36}-\d+\//, '/'));
  await expect.poll(stored, { timeout: 30_000 }).toEqual(uuids.flatMap((uuid) => [`${uuid}/file`, `${uuid}/manifest`]).sort());
  await gateway.stop();
  await repository.close();
  await folder.remove();
});
