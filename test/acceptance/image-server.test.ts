import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }';

interface Manifest {
  uuid: string;
  state: string;
  published_at: string;
}

describe('the image server', () => {
  let gateway: GatewayProcess;
  let admin: TestClient;
  let folder: TemporaryFolder;
  let repository: ImgapiRepository;
  const accesses = ['PUBLIC', 'PRIVATE', 'DELETED'] as const;
  const images = accesses.map((access, at) =>
    makeImage({ name: access.toLowerCase(), version: '1', size: 50_000, manifest: { published_at: `2026-0${3 - at}-01T00:00:00Z` } }),
  );
  const [shown, hidden, gone] = images as [PublishedImage, PublishedImage, PublishedImage];

  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> => fetch(`${gateway.url}/imgapi${path}`, { method, headers });
  const list = async (query = ''): Promise<string[]> => ((await (await get(`/images${query}`)).json()) as Manifest[]).map((manifest) => manifest.uuid);

  beforeAll(async () => {
    repository = await startImgapiRepository({ images });
    ({ gateway, admin, folder } = await startFresh());
    for (const [at, image] of images.entries()) {
      const input = { name: image.manifest.name, manifestUrl: repository.manifestUrl(image), datacenter: 'main', access: accesses[at] };
      const { importImage } = await admin.run(IMPORT, { input });
      await admin.ended(importImage.task.id);
    }
  });
  afterAll(async () => {
    await gateway?.stop();
    await repository?.close();
    await folder?.remove();
  });

  it('answers ping as compute nodes ask for it', async () => {
    expect(await (await get('/ping')).json()).toMatchObject({ ping: 'pong', imgapi: true });
  });

  it('lists active images, oldest publication first, and others on request', async () => {
    expect(await list()).toEqual([hidden.manifest.uuid, shown.manifest.uuid]);
    expect(await list('?state=all')).toEqual([gone.manifest.uuid, hidden.manifest.uuid, shown.manifest.uuid]);
    expect(await list('?state=disabled')).toEqual([gone.manifest.uuid]);
    expect(await list('?name=~ubli')).toEqual([shown.manifest.uuid]);
    expect(await list('?public=false')).toEqual([hidden.manifest.uuid]);
    expect(await list('?sort=published_at.desc&limit=1')).toEqual([shown.manifest.uuid]);
  });

  it('pages with an inclusive marker', async () => {
    expect(await list(`?limit=1&marker=${hidden.manifest.uuid}`)).toEqual([hidden.manifest.uuid]);
    expect(await list(`?limit=2&marker=${hidden.manifest.uuid}`)).toEqual([hidden.manifest.uuid, shown.manifest.uuid]);
  });

  it('serves a file with what clients check it by, whole and in part', async () => {
    const whole = await get(`/images/${shown.manifest.uuid}/file`);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(bytes.equals(shown.file)).toBe(true);
    expect(whole.headers.get('content-md5')).toBe(createHash('md5').update(shown.file).digest('base64'));
    const sha1 = createHash('sha1').update(shown.file).digest('hex');
    expect(whole.headers.get('etag')).toContain(sha1);
    const part = await get(`/images/${shown.manifest.uuid}/file`, { range: 'bytes=100-199' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${shown.file.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(shown.file.subarray(100, 200))).toBe(true);
    const head = await get(`/images/${shown.manifest.uuid}/file`, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(shown.file.length)]);
    expect((await get(`/images/${shown.manifest.uuid}/file`, { 'if-none-match': sha1 })).status).toBe(304);
    expect((await get(`/images/${shown.manifest.uuid}/file`, { range: 'bytes=99999999-' })).status).toBe(416);
  });

  it('shows a deleted image as disabled, and still serves it', async () => {
    expect(await (await get(`/images/${gone.manifest.uuid}`)).json()).toMatchObject({ state: 'disabled', disabled: true });
    expect((await get(`/images/${gone.manifest.uuid}/file`)).status).toBe(200);
  });

  it('answers a manifest that has not changed with 304', async () => {
    const etag = (await get(`/images/${shown.manifest.uuid}`)).headers.get('etag') ?? '';
    expect((await get(`/images/${shown.manifest.uuid}`, { 'if-none-match': `"${etag}"` })).status).toBe(304);
  });

  it.each([
    ['/images/aaaaaaaa-0000-4000-8000-000000000000', 'GET', 404, 'ResourceNotFound'],
    ['/images/NOT-A-UUID', 'GET', 404, 'ResourceNotFound'],
    ['/nowhere', 'GET', 404, 'ResourceNotFound'],
    ['/images?limit=abc', 'GET', 422, 'InvalidParameter'],
    ['/images?state=maybe', 'GET', 422, 'InvalidParameter'],
    ['/images', 'POST', 405, 'MethodNotAllowedError'],
  ])('answers %s (%s) with %i %s', async (path, method, status, code) => {
    const response = await get(path, {}, method);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it('shows callers from elsewhere the public images alone', async () => {
    const other = await startFresh({ IMGAPI_TRUSTED: '192.0.2.0/24' });
    for (const [at, image] of images.entries()) {
      const input = { name: image.manifest.name, manifestUrl: repository.manifestUrl(image), datacenter: 'main', access: accesses[at] };
      const { importImage } = await other.admin.run(IMPORT, { input });
      await other.admin.ended(importImage.task.id);
    }
    const seen = (await (await fetch(`${other.gateway.url}/imgapi/images?state=all`)).json()) as Manifest[];
    expect(seen.map((manifest) => manifest.uuid)).toEqual([shown.manifest.uuid]);
    expect((await fetch(`${other.gateway.url}/imgapi/images/${hidden.manifest.uuid}/file`)).status).toBe(404);
    await other.gateway.stop();
    await other.folder.remove();
  });

  it('offers what was placed in its store by hand in the local repository, and takes it in without a download', async () => {
    const placed = makeImage({ name: 'by-hand', version: '1', size: 10_000 });
    const wrong = makeImage({ name: 'wrong', version: '1', size: 10_000 });
    for (const [image, file] of [[placed, placed.file], [wrong, Buffer.alloc(10_000)]] as const) {
      await mkdir(join(folder.path, 'images', image.manifest.uuid));
      await writeFile(join(folder.path, 'images', image.manifest.uuid, 'manifest'), JSON.stringify(image.manifest));
      await writeFile(join(folder.path, 'images', image.manifest.uuid, 'file'), file);
    }
    await admin.run('mutation { refreshImageRepository(name: "img01") { added } }');
    const importLocal = async (image: PublishedImage) => admin.send('mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { task { id } } }', { input: { repository: 'img01', uuid: image.manifest.uuid, datacenter: 'main' } });
    const asked = repository.requests.length;
    const { data } = await importLocal(placed);
    expect(await admin.ended(data?.importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await importLocal(wrong)).errors).toMatchObject([{ extensions: { code: 'CHECKSUM_MISMATCH' } }]);
    expect(repository.requests.length).toBe(asked);
    expect((await get(`/images/${placed.manifest.uuid}/file`)).status).toBe(200);
    expect((await get(`/images/${wrong.manifest.uuid}`)).status).toBe(404);
  });

  it('is closed while no image server is configured, and open again with it', async () => {
    await admin.run('mutation { updateGlobalSettings(input: { vmsImageVm: null }) { vmsImageVmNic } }');
    expect((await get('/images')).status).toBe(503);
    await admin.run('mutation { updateGlobalSettings(input: { vmsImageVm: "img01" }) { vmsImageVm { hostname } } }');
    expect((await get('/images')).status).toBe(200);
  });
});
