import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { openDatabase } from '../../src/platform/database/database.js';
import { databaseOf } from '../support/gateway.js';
import { imageFacts, insertImages } from '../support/image-rows.js';
import { Imgadm } from '../support/imgadm.js';
import { manifestFaults } from '../support/manifest-validator.js';
import { referenceFaults } from '../support/imgmanifest.js';
import { SdcClient } from '../support/sdc-client.js';
import { type OfferedImage, World } from '../support/world.js';

const JUNK = {
  os: 'QEMU', nic_driver: undefined, disk_driver: undefined, cpu_type: undefined, icon: true, channels: ['dev'], junk: 1,
  requirements: { min_platform: { '7.0': '20130308T102805Z', junk: 'x' }, min_ram: '512', unknown: true },
};
const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { warnings task { id } image { manifest } } }';

describe('a client of the image server', () => {
  let world: World;
  let [root, base, child, retired, odd] = [] as unknown as [OfferedImage, OfferedImage, OfferedImage, OfferedImage, OfferedImage];

  beforeAll(async () => {
    world = await World.start();
    root = await world.image('root', { access: 'PUBLIC' }, { type: 'zone-dataset', os: 'smartos' });
    base = await world.image('base', { access: 'PUBLIC' }, { type: 'zone-dataset', os: 'smartos', manifest: { origin: root.uuid } });
    child = await world.image('child', { access: 'PUBLIC' }, { type: 'zone-dataset', os: 'smartos', size: 3_000_000, manifest: { origin: base.uuid.toUpperCase() } });
    retired = await world.image('retired');
    odd = await world.image('odd', {}, { manifest: JUNK });
    const { updateImage } = await world.admin.run('mutation { updateImage(input: { name: "retired", access: DELETED }) { task { id } } }');
    await world.admin.ended(updateImage.task.id);
  });
  afterAll(async () => world?.close());

  const url = (): string => `${world.gateway.url}/imgapi`;

  describe('that is imgadm', () => {
    it('adds the gateway as a source, with or without a slash at the end', async () => {
      using imgadm = new Imgadm();
      await imgadm.addSource(url());
      await imgadm.addSource(`${url()}/`);
      expect(imgadm.sources).toEqual([url()]);
      await expect(imgadm.addSource(`${world.gateway.url}/nowhere`)).rejects.toMatchObject({ statusCode: 404 });
    });

    it('lists what is available, and shows each', async () => {
      using imgadm = new Imgadm();
      await imgadm.addSource(url());
      const found = await imgadm.avail();
      expect(found.map(({ manifest }) => manifest.name).sort()).toEqual(['base', 'child', 'odd', 'root']);
      for (const { manifest } of found) expect(await imgadm.show(manifest.uuid)).toEqual(manifest);
      expect(await imgadm.show(retired.uuid)).toMatchObject({ state: 'disabled' });
      await expect(imgadm.show('aaaaaaaa-0000-4000-8000-000000000000')).rejects.toThrow('was not found');
    });

    it('imports a child with its base and the base of that, and vacuums what is not in use', async () => {
      using imgadm = new Imgadm();
      await imgadm.addSource(url());
      await imgadm.import(child.uuid);
      expect([...imgadm.installed.keys()]).toEqual([root.uuid, base.uuid, child.uuid]);
      for (const { uuid, file } of [root, base, child]) expect(imgadm.installed.get(uuid)?.bytes.equals(file)).toBe(true);
      expect(imgadm.vacuum([base.uuid])).toEqual([child.uuid]);
      await imgadm.import(child.uuid);
      expect(imgadm.vacuum([])).toEqual([child.uuid, base.uuid, root.uuid]);
      await imgadm.import(odd.uuid);
      await expect(imgadm.import(retired.uuid)).rejects.toThrow('was not found');
    });

    it('installs nothing whose bytes are not those of the manifest', async () => {
      using imgadm = new Imgadm();
      await imgadm.addSource(url());
      const path = join(await world.folderOfImage(odd.uuid), 'file');
      const bytes = Buffer.from(odd.file);
      bytes.writeUInt8(bytes.readUInt8(7) ^ 1, 7);
      await writeFile(path, bytes);
      await expect(imgadm.import(odd.uuid)).rejects.toThrow('checksum');
      await writeFile(path, bytes.subarray(1));
      await expect(imgadm.import(odd.uuid)).rejects.toMatchObject({ statusCode: 503 });
      await writeFile(path, odd.file);
      expect(imgadm.installed.size).toBe(0);
      await imgadm.import(odd.uuid);
    });
  });

  describe('that is sdc-clients', () => {
    it.each(['', '/'])('reads images below the base URL, with %j at its end', async (end) => {
      const client = new SdcClient(url() + end, { version: '~2' });
      expect(await client.ping()).toMatchObject({ ping: 'pong', imgapi: true });
      expect((await client.list({ name: '~o', os: 'smartos' })).map(({ name }) => name)).toEqual(['root']);
      expect((await client.list({ state: 'all' })).map(({ name }) => name).sort()).toEqual(['base', 'child', 'odd', 'retired', 'root']);
      expect(await client.get(base.uuid)).toMatchObject({ name: 'base', origin: root.uuid });
      const path = join(world.folder.path, 'downloaded');
      const { headers } = await client.download(child.uuid, path);
      expect((await readFile(path)).equals(child.file)).toBe(true);
      expect(headers['content-md5']).toBe(createHash('md5').update(child.file).digest('base64'));
      client.close();
    });

    it('reads the errors of the protocol', async () => {
      const client = new SdcClient(url(), { version: '~2' });
      const missing = 'aaaaaaaa-0000-4000-8000-000000000000';
      const bodyOf = async (call: Promise<unknown>) => {
        const { statusCode, body } = await client.failure(call);
        return [statusCode, body.code];
      };
      expect(await bodyOf(client.get(missing))).toEqual([404, 'ResourceNotFound']);
      expect((await client.failure(client.get(missing))).body.message).toBe(`image ${missing} not found`);
      expect(await bodyOf(client.get(child.uuid, missing))).toEqual([422, 'InvalidParameter']);
      expect(await bodyOf(client.list({}, { channel: 'dev' }))).toEqual([422, 'InvalidParameter']);
      expect(await bodyOf(client.list({}, { inclAdminFields: true }))).toEqual([401, 'UnauthorizedError']);
      expect(await bodyOf(client.stream(child.uuid, { index: 1 }))).toEqual([404, 'ResourceNotFound']);
      expect(await bodyOf(client.icon(child.uuid))).toEqual([404, 'ResourceNotFound']);
      expect(await bodyOf(new SdcClient(url(), { version: '~3' }).list())).toEqual([400, 'InvalidVersion']);
      client.close();
    });

    it('shows the same manifests with every version of the protocol, none with channels', async () => {
      const [one, two] = await Promise.all(['~1', '~2'].map(async (version) => new SdcClient(url(), { version }).list({ state: 'all' })));
      expect(one).toEqual(two);
      expect(two?.filter((manifest) => 'channels' in manifest)).toEqual([]);
    });

    it('reads more images than a page has', async () => {
      const database = await openDatabase(databaseOf(world.folder), ENTITIES);
      const facts = Array.from({ length: 2500 }, (_, at) => imageFacts(at + 1000));
      await insertImages(database.em.fork(), facts, 100);
      const client = new SdcClient(url());
      const listed = await client.list({ name: '~image-' });
      expect(new Set(listed.map(({ uuid }) => uuid)).size).toBe(listed.length);
      expect(listed).toHaveLength(facts.filter(({ access }) => access !== 'DELETED').length);
      // They are stored as their sources wrote them, without drivers.
      expect(listed.flatMap((manifest) => manifestFaults(manifest))).toEqual([]);
      expect((await client.list({ limit: 3 })).length).toBe(3);
      client.close();
      await database.em.fork().getConnection().execute('delete from image where id >= 1000', [], 'run');
      await database.close(true);
    });
  });

  it('gets what every image server accepts, and the import said what it left out', async () => {
    const listed = (await (await fetch(`${url()}/images?state=all`)).json()) as Record<string, unknown>[];
    for (const manifest of listed) expect([manifestFaults(manifest), referenceFaults(manifest)]).toEqual([[], []]);
    const shown = listed.find(({ uuid }) => uuid === odd.uuid);
    expect(shown).toMatchObject({ os: 'other', nic_driver: 'virtio', disk_driver: 'virtio', cpu_type: 'host', requirements: { min_platform: { '7.0': '20130308T102805Z' }, min_ram: 512 } });
    expect(JSON.parse(await world.storedManifest(odd.uuid))).toEqual(shown);
    const offered = world.offer({ manifest: JUNK });
    for (const dryRun of [true, false]) {
      const { importImage } = await world.admin.run(IMPORT, { input: { name: 'again', version: '1~b', manifestUrl: offered.manifestUrl, datacenter: 'main', dryRun } });
      for (const field of ['os "other"', 'nic_driver "virtio"', 'without icon', 'without junk', 'without requirements.min_platform.junk', 'without requirements.unknown', 'version "1-b"']) {
        expect((importImage.warnings as string[]).filter((warning) => warning.includes(field))).toHaveLength(1);
      }
      if (!dryRun) await world.admin.ended(importImage.task.id);
    }
    const { image } = await world.admin.run('{ image(name: "again") { version manifest } }');
    expect([image.version, image.manifest.version, manifestFaults(image.manifest)]).toEqual(['1~b', '1-b', []]);
    for (const version of ['1-b', '~-b']) expect(((await (await fetch(`${url()}/images?version=${version}`)).json()) as unknown[]).length).toBe(1);
    expect(await (await fetch(`${url()}/images?version=1~b`)).json()).toEqual([]);
  });

  it('has what the source said in the repository that offers it', async () => {
    await world.addRepository('offers');
    await world.loadRepository('offers');
    await expect
      .poll(async () => {
        const { imageRepository } = await world.admin.run('{ imageRepository(name: "offers") { images(first: 50) { nodes { uuid manifest } } } }');
        return (imageRepository.images.nodes as { uuid: string; manifest: Record<string, unknown> }[]).find(({ uuid }) => uuid === odd.uuid)?.manifest;
      })
      .toMatchObject({ os: 'QEMU', icon: true, channels: ['dev'], junk: 1, requirements: JUNK.requirements });
  });
});
