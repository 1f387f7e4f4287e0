import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const CONFIGURE = `mutation ($url: HttpUrl!) {
  updateGlobalSettings(input: { vmsImageRepositories: [{ name: "remote", url: $url }] }) { vmsImageRepositories { name url } }
}`;
const LOAD = `mutation { refreshImageRepository(name: "remote") { added changed removed skipped task { status } repository { status imageCount error } } }`;
const BROWSE = `{ imageRepository(name: "remote") { images(orderBy: { field: PUBLISHED_AT }) { nodes { uuid name importable notImportableReason } } } }`;
const IMPORT = `mutation ($input: ImportRepositoryImageInput!) {
  importRepositoryImage(input: $input) { image { name status dcBound boundDatacenter { name } } task { id status } warnings }
}`;
const SHOW = `query ($name: String) { image(name: $name) { status file { size sha1 sha256 url } datacenters { name } manifest } }`;

describe('an operator with a new gateway', () => {
  let gateway: GatewayProcess;
  let admin: TestClient;
  let folder: TemporaryFolder;
  let repository: ImgapiRepository;
  const older = makeImage({ name: 'debian-12', version: '1.0', size: 300_000, manifest: { published_at: '2026-01-01T00:00:00Z' } });
  const newer = makeImage({ name: 'debian-13', version: '1.0', size: 400_000, manifest: { published_at: '2026-02-01T00:00:00Z' } });

  beforeAll(async () => {
    repository = await startImgapiRepository({ images: [older, newer] });
    ({ gateway, admin, folder } = await startFresh());
  });
  afterAll(async () => {
    await gateway?.stop();
    await repository?.close();
    await folder?.remove();
  });

  it('configures a repository, loads it and browses it newest first', async () => {
    const { updateGlobalSettings } = await admin.run(CONFIGURE, { url: repository.url });
    expect(updateGlobalSettings.vmsImageRepositories).toEqual([{ name: 'remote', url: repository.url }]);
    const { refreshImageRepository } = await admin.run(LOAD);
    expect(refreshImageRepository).toMatchObject({ added: 2, changed: 0, removed: 0, skipped: 0, repository: { status: 'OK', imageCount: 2, error: null } });
    const { imageRepository } = await admin.run(BROWSE);
    expect(imageRepository.images.nodes.map((node: { name: string }) => node.name)).toEqual(['debian-13', 'debian-12']);
    expect(imageRepository.images.nodes[0]).toMatchObject({ importable: true, notImportableReason: null });
  });

  it('imports an image that a compute node can then fetch, byte for byte', async () => {
    const { importRepositoryImage } = await admin.run(IMPORT, {
      input: { repository: 'remote', uuid: newer.manifest.uuid, datacenter: 'main', access: 'PUBLIC' },
    });
    expect(importRepositoryImage).toMatchObject({
      image: { name: 'debian-13', status: 'PENDING', dcBound: true, boundDatacenter: { name: 'main' } },
      warnings: [],
    });
    expect(await admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED', errorCode: null });
    const { image } = await admin.run(SHOW, { name: 'debian-13' });
    const sha1 = createHash('sha1').update(newer.file).digest('hex');
    expect(image).toMatchObject({ status: 'OK', file: { size: newer.file.length, sha1 }, datacenters: [{ name: 'main' }] });
    const file = await fetch(`${gateway.url}/imgapi/images/${newer.manifest.uuid}/file`);
    expect(createHash('sha1').update(Buffer.from(await file.arrayBuffer())).digest('hex')).toBe(sha1);
    const list = (await (await fetch(`${gateway.url}/imgapi/images`)).json()) as { uuid: string; files: { sha1: string }[] }[];
    expect(list.map((one) => [one.uuid, one.files[0]?.sha1])).toEqual([[newer.manifest.uuid, sha1]]);
    expect(image.manifest).toMatchObject({ uuid: newer.manifest.uuid, state: 'active', files: [{ sha1 }] });
  });

  it('is told of the progress over WebSocket, up to the end', async () => {
    const large = makeImage({ name: 'large', version: '1.0', size: 3_000_000 });
    repository.images.push(large);
    repository.fail = { file: { slow: 1_500_000 } };
    await admin.run(LOAD);
    const socket = admin.socket();
    const { importRepositoryImage } = await admin.run(IMPORT, { input: { repository: 'remote', uuid: large.manifest.uuid, datacenter: 'main' } });
    const seen: { status: string; phase: string; bytesDone: number }[] = [];
    for await (const event of socket.iterate({ query: `subscription { taskChanged(image: "large") { id status phase bytesDone bytesTotal } }` })) {
      const task = (event.data as { taskChanged: (typeof seen)[number] }).taskChanged;
      seen.push(task);
      if (task.status === 'SUCCEEDED') break;
    }
    await socket.dispose();
    repository.fail = {};
    expect(importRepositoryImage.task.id).toBeTypeOf('string');
    expect(new Set(seen.map((task) => task.phase))).toContain('DOWNLOADING');
    expect(seen.filter((task) => task.phase === 'DOWNLOADING' && task.bytesDone > 0 && task.bytesDone < 3_000_000).length).toBeGreaterThan(0);
    expect(seen.at(-1)).toMatchObject({ status: 'SUCCEEDED', phase: 'DONE' });
  });

  it('refuses an image that is there already, naming it', async () => {
    const { errors } = await admin.send(IMPORT, { input: { repository: 'remote', uuid: newer.manifest.uuid, datacenter: 'main', name: 'again' } });
    expect(errors[0]).toMatchObject({ extensions: { code: 'ALREADY_EXISTS' } });
    expect(errors[0]?.message).toContain('debian-13');
  });

  it('keeps neither row nor bytes of a file with one wrong byte', async () => {
    repository.fail = { file: 'wrongByte' };
    const { importRepositoryImage } = await admin.run(IMPORT, { input: { repository: 'remote', uuid: older.manifest.uuid, datacenter: 'main' } });
    expect(await admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'CHECKSUM_MISMATCH' });
    repository.fail = {};
    expect((await admin.run(SHOW, { name: 'debian-12' })).image).toBeNull();
    expect(await readdir(join(folder.path, 'images'))).not.toContain(older.manifest.uuid);
  });

  it('cancels an import and finds nothing left of it', async () => {
    repository.fail = { file: { slow: 50_000 } };
    const { importRepositoryImage } = await admin.run(IMPORT, { input: { repository: 'remote', uuid: older.manifest.uuid, datacenter: 'main' } });
    const { id } = importRepositoryImage.task;
    const { cancelTask } = await admin.run('mutation ($id: ID!) { cancelTask(id: $id) { status imageName } }', { id });
    repository.fail = {};
    // On a busy machine, it still runs for a moment.
    expect(cancelTask).toEqual({ status: expect.stringMatching(/^(CANCELLED|RUNNING)$/), imageName: 'debian-12' });
    expect(await admin.ended(id)).toMatchObject({ status: 'CANCELLED' });
    expect((await admin.run('query ($id: ID!) { task(id: $id) { image { name } imageName } }', { id })).task).toEqual({ image: null, imageName: 'debian-12' });
    expect((await admin.run(SHOW, { name: 'debian-12' })).image).toBeNull();
    expect(await admin.code('mutation ($id: ID!) { cancelTask(id: $id) { id } }', { id })).toBe('TASK_NOT_CANCELLABLE');
  });

  it('answers 401 to a caller without a key and to one with a wrong key', async () => {
    const { TestClient } = await import('../support/gateway.js');
    for (const key of [null, 'nonsense', 'igw_0000000000000000000000000000000000000000000']) {
      const answer = await new TestClient(gateway.url, key).send('{ viewer { user { username } } }');
      expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
  });

  it('stops on SIGTERM and goes on where it was', async () => {
    expect(await gateway.stop()).toBe(0);
    const { GatewayProcess } = await import('../support/gateway.js');
    gateway = await GatewayProcess.start(folder.path);
    const { TestClient } = await import('../support/gateway.js');
    admin = new TestClient(gateway.url, admin.key);
    expect((await admin.run(SHOW, { name: 'debian-13' })).image.status).toBe('OK');
  });
});
