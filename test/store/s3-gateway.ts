import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalWorld } from '../cli/local-world.js';
import { makeImage, type PublishedImage } from '../support/imgapi-repository.js';
import type { TestBucket } from '../support/s3-store.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temp-folder.js';

const PUBLIC_IMAGE = 'image-1';

/** A gateway whose image store is an object storage, from the first import to a restore. */
export function gatewayOnS3(kind: string, connect: () => Promise<TestBucket>): void {
  let bucket: TestBucket;
  let other: TestBucket;
  let world: LocalWorld;
  let folder: TemporaryFolder;
  const large: PublishedImage = makeImage({ name: 'large', version: '1', size: 20_000_000 });

  beforeAll(async () => {
    bucket = await connect();
    other = await connect();
    folder = await temporaryFolder();
    world = await LocalWorld.start(1, { ...bucket.credentials, IMAGE_STORE: bucket.url });
    world.repository.images.push(large);
  });
  afterAll(async () => {
    await world?.end();
    await bucket?.clear();
    await other?.clear();
    await folder?.remove();
  });

  const fileUrl = (): string => `${world.gateway.url}/imgapi/images/${large.manifest.uuid}/file`;
  const asked = async (headers: Record<string, string>, init: RequestInit = {}): Promise<Response> => fetch(fileUrl(), { ...init, headers });
  const served = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

  describe(`a gateway on ${kind}`, () => {
    it('imports images, each under the name of an attempt', async () => {
      for (const image of world.repository.images) expect(await world.import(image)).toBe(true);
      expect(await world.servedImages()).toEqual([PUBLIC_IMAGE, 'large']);
      const names = (await bucket.names()).map((name) => name.replace(/\/[0-9a-f-]{36}-1\//, '/<attempt>/'));
      expect(names).toEqual(['.store-id', ...world.repository.images.flatMap(({ manifest: { uuid } }) => [`${uuid}/<attempt>/file`, `${uuid}/<attempt>/manifest`])].sort());
      expect(await bucket.openUploads()).toEqual([]);
    });

    it('serves them as from a folder: whole, in part, and not at all when the client has them', async () => {
      const sha1 = createHash('sha1').update(large.file).digest('hex');
      const whole = await asked({});
      expect(whole.status).toBe(200);
      expect(whole.headers.get('content-md5')).toBe(createHash('md5').update(large.file).digest('base64'));
      expect((await served(whole)).equals(large.file)).toBe(true);
      const head = await asked({}, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([200, '20000000', `"${sha1}"`]);
      const part = await asked({ range: 'bytes=8388600-8388700' });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 8388600-8388700/20000000']);
      expect((await served(part)).equals(large.file.subarray(8_388_600, 8_388_701))).toBe(true);
      const last = await asked({ range: 'bytes=-5', 'if-range': `"${sha1}"` });
      expect((await served(last)).equals(large.file.subarray(-5))).toBe(true);
      const beyond = await asked({ range: 'bytes=20000000-' });
      expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */20000000']);
      expect((await asked({ 'if-none-match': `"${sha1}"` })).status).toBe(304);
    });

    it('redirects to the storage instead, for a short while, when it is told to', async () => {
      await world.gateway.stop();
      await world.start({ IMAGE_STORE_REDIRECT: 'on', LOG_LEVEL: 'trace' });
      const response = await asked({}, { redirect: 'manual' });
      expect([response.status, response.headers.get('cache-control')]).toEqual([307, 'no-store']);
      const location = new URL(response.headers.get('location') ?? '');
      expect(location.searchParams.get('X-Amz-Expires')).toBe('300');
      expect((await served(await asked({}))).equals(large.file)).toBe(true);
      expect((await served(await asked({ range: 'bytes=10-19' }))).equals(large.file.subarray(10, 20))).toBe(true);
      expect((await asked({}, { method: 'HEAD', redirect: 'manual' })).status).toBe(200);
      expect((await fetch(`${world.gateway.url}/imgapi/images/99999999-9999-4999-8999-999999999999/file`, { redirect: 'manual' })).status).toBe(404);
      expect(world.gateway.output()).not.toMatch(/X-Amz-|Signature/);
      await world.gateway.stop();
      await world.start();
    });

    it('takes pairs that are placed by hand into its local repository', async () => {
      const image = makeImage({ name: 'by-hand', version: '1', size: 5000 });
      await bucket.objects.put(`${bucket.location.prefix}${image.manifest.uuid}/file`, image.file);
      await bucket.objects.put(`${bucket.location.prefix}${image.manifest.uuid}/manifest`, JSON.stringify(image.manifest));
      await world.admin.run('mutation { refreshImageRepository(name: "img01") { added } }');
      const { importRepositoryImage } = await world.admin.run('mutation ($uuid: UUID!) { importRepositoryImage(input: { repository: "img01", uuid: $uuid, datacenter: "main", access: PUBLIC }) { task { id } } }', { uuid: image.manifest.uuid });
      expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
      expect(await world.servedImages()).toEqual(['by-hand', PUBLIC_IMAGE, 'large']);
    });

    it('is looked after by the commands: doctor, verify-store', async () => {
      const doctor = await world.shell.run('doctor');
      expect(doctor.stdout).toContain(`s3://${bucket.location.bucket}/${bucket.location.prefix}`.replace(/\/$/, ''));
      expect(await world.shell.run('verify-store')).toMatchObject({ code: 0, stderr: expect.stringContaining('3 files of') as string });
      expect(await world.shell.run('store', 'adopt', '--dry-run')).toMatchObject({ code: 0, stdout: expect.stringContaining('3 of the 3 files') as string });
      expect(await world.shell.run('config', 'check', '-o', 'json')).toMatchObject({ code: 0, stdout: expect.not.stringContaining('endpoint') as string });
    });

    it('is used with credentials of a file, and not without any', async () => {
      const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = bucket.credentials;
      const file = join(folder.path, 'credentials');
      await writeFile(file, `[default]\naws_access_key_id = nobody\naws_secret_access_key = nothing\n[images]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`);
      const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
      expect(await world.shell.with({ ...nobody, AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'images' }).run('verify-store')).toMatchObject({ code: 0 });
      expect(await world.shell.with(nobody).run('verify-store')).toMatchObject({ code: 1, stderr: expect.stringContaining('there are no credentials; accepted:') as string });
    });

    it('is backed up, and restored into another storage', { timeout: 60_000 }, async () => {
      const [backup, data] = [join(folder.path, 'backup'), join(folder.path, 'restored')];
      expect(await world.shell.run('backup', '--to', backup)).toMatchObject({ code: 0 });
      const restored = world.shell.with({ DATA_DIR: data, DATABASE_URL: `sqlite:${data}/gateway.sqlite`, IMAGE_STORE: other.url });
      expect(await restored.run('restore', '--from', backup)).toMatchObject({ code: 0 });
      expect(await restored.run('verify-store')).toMatchObject({ code: 0, stderr: expect.stringContaining('3 files of') as string });
      await other.clear();
    });

    it('goes on with a copy in a folder, and with a copy of that in a storage, without being told', { timeout: 60_000 }, async () => {
      const images = join(folder.path, 'images');
      await world.gateway.stop();
      expect(await world.shell.run('copy-store', '--from', bucket.url, '--to', images)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^3 images were copied to .+, and 0 were there already/) as string });
      expect(await world.shell.run('copy-store', '--from', bucket.url, '--to', images)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^0 images were copied to .+, and 3 were there already/) as string });
      expect(await readdir(images)).toContain('.store-id');
      await world.start({ IMAGE_STORE: `file:${images}` });
      expect(await world.servedImages()).toEqual(['by-hand', PUBLIC_IMAGE, 'large']);
      await world.gateway.stop();
      expect(await world.shell.run('copy-store', '--from', `file:${images}`, '--to', other.url)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^3 images were copied/) as string });
      expect(await other.names()).toEqual(await bucket.names());
      await world.start({ IMAGE_STORE: other.url });
      expect(await world.servedImages()).toEqual(['by-hand', PUBLIC_IMAGE, 'large']);
      await world.gateway.stop();
      await world.start();
    });

    it('writes changes into the manifest, and removes what is deleted', async () => {
      await world.admin.run(`mutation { updateImage(input: { name: "${PUBLIC_IMAGE}", description: "changed" }) { task { id } } }`);
      const name = (await bucket.names()).find((one) => one.startsWith(String(world.repository.images[0]?.manifest.uuid)) && one.endsWith('/manifest'));
      const manifest = async (): Promise<string> => {
        const object = await bucket.objects.get(`${bucket.location.prefix}${name}`);
        return (await object?.body.toArray())?.map(String).join('') ?? '';
      };
      await expect.poll(manifest, { timeout: 10_000 }).toContain('changed');
      for (const image of ['large', 'by-hand', PUBLIC_IMAGE]) expect(await world.delete(image)).toEqual([]);
      expect(await bucket.names()).toEqual(['.store-id']);
    });

    it('says that an image is not available when its object is gone', async () => {
      expect(await world.import(large)).toBe(true);
      for (const name of await bucket.names()) if (name.endsWith('/file')) await bucket.objects.delete(`${bucket.location.prefix}${name}`);
      expect((await world.admin.run('{ image(name: "large") { file { available } } }')).image).toEqual({ file: { available: false } });
      const response = await asked({});
      expect([response.status, await response.json()]).toEqual([503, expect.objectContaining({ code: 'ServiceUnavailableError' })]);
      expect(await world.shell.run('verify-store')).toMatchObject({ code: 1, stdout: expect.stringContaining('missing bytes') as string });
    });
  });
}
