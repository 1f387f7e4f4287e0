import { readdir, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';

let world: World;

let people: StaffedWorld['people'];
beforeAll(async () => {
  ({ world, people } = await startStaffed());
});
afterAll(async () => world?.close());

const DELETE = 'mutation ($name: String!) { deleteImage(input: { name: $name }) { name uuid task { id action status imageName datacenter { name } } warnings } }';
const stored = async (): Promise<string[]> => readdir(join(world.folder.path, 'images'));

describe('deleteImage', () => {
  it('removes the image, then its bytes, and the log still knows its name', async () => {
    const { manifest } = await world.image('done-with', { access: 'PUBLIC' });
    expect(await stored()).toContain(manifest.uuid);
    const { deleteImage } = await people.anna.run(DELETE, { name: 'done-with' });
    expect(deleteImage).toMatchObject({ name: 'done-with', uuid: manifest.uuid, task: { action: 'IMAGE_DELETE', datacenter: { name: 'alpha' } }, warnings: [] });
    expect(await world.admin.ended(deleteImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await world.admin.run('{ image(name: "done-with") { name } }')).image).toBeNull();
    expect(await stored()).not.toContain(manifest.uuid);
    const { task } = await world.admin.run('query ($id: ID!) { task(id: $id) { image { name } imageName } }', { id: deleteImage.task.id });
    expect(task).toEqual({ image: null, imageName: 'done-with' });
    expect((await fetch(`${world.gateway.url}/imgapi/images/${manifest.uuid}`)).status).toBe(404);
  });

  it('refuses an image in use anywhere, with the count and the servers that the caller sees', async () => {
    await world.image('in-use', { access: 'PUBLIC' });
    await world.server('web-1', { image: 'in-use' });
    await world.admin.run('mutation { attachImage(input: { image: "in-use", datacenter: "beta" }) { bindingRemoved } }');
    const hidden = await world.server('secret-1', { image: 'in-use', datacenter: 'beta' });
    await world.admin.run('mutation { detachImage(input: { image: "in-use", datacenter: "alpha" }) { bindingRemoved } }').catch(() => undefined);
    const { errors } = await world.admin.send(DELETE, { name: 'in-use' });
    expect(errors[0]).toMatchObject({
      message: 'Image in-use is used by 2 servers (secret-1, web-1); remove its disks there, or set its access to DELETED.',
      extensions: { code: 'IMAGE_IN_USE', count: 2, servers: ['secret-1', 'web-1'] },
    });
    await world.admin.run('mutation ($uuid: UUID!) { unregisterServer(uuid: $uuid) }', { uuid: hidden });
  });

  it('does not name servers of datacenters that the caller does not administer', async () => {
    await world.image('shared', { access: 'PUBLIC' });
    const uuid = await world.server('mover', { image: 'shared' });
    await world.server('stayer', { image: 'shared' });
    await world.admin.run('mutation ($uuid: UUID!) { updateServer(input: { uuid: $uuid, datacenter: "beta" }) { hostname } }', { uuid });
    const { errors } = await people.anna.send(DELETE, { name: 'shared' });
    expect(errors[0]).toMatchObject({ extensions: { code: 'IMAGE_IN_USE', count: 2, servers: ['stayer'] } });
    expect(JSON.stringify(errors)).not.toContain('mover');
  });

  it('lets an image in use be hidden instead, and the servers keep it', async () => {
    const { updateImage } = await world.admin.run('mutation { updateImage(input: { name: "in-use", access: DELETED }) { task { id } } }');
    expect((await world.admin.ended(updateImage.task.id)).status).toBe('SUCCEEDED');
    const { server } = await world.admin.run('{ server(hostname: "web-1") { uuid disks { image { name access } } } }');
    expect(server.disks).toEqual([{ image: { name: 'in-use', access: 'DELETED' } }]);
    await world.admin.run('mutation ($uuid: UUID!) { updateServer(input: { uuid: $uuid, disks: [{ diskId: 1, size: 10240, image: "in-use" }] }) { uuid } }', { uuid: server.uuid });
    const { errors } = await world.admin.send(
      'mutation ($uuid: UUID!) { registerServer(input: { uuid: $uuid, hostname: "late", datacenter: "alpha", owner: "admin", osType: LINUX_VM, disks: [{ diskId: 1, size: 10240, image: "in-use" }] }) { uuid } }',
      { uuid: crypto.randomUUID() },
    );
    expect(errors[0]).toMatchObject({ message: 'Image in-use cannot be used for this disk: its access is DELETED.', extensions: { code: 'IMAGE_NOT_USABLE' } });
  });

  it('refuses what the caller cannot see, may not do, or has bound to nothing', async () => {
    await world.image('loose', { access: 'PUBLIC' });
    await world.admin.run('mutation { attachImage(input: { image: "loose", datacenter: "beta" }) { bindingRemoved } }');
    expect(await world.admin.code(DELETE, { name: 'not-there' })).toBe('NOT_FOUND');
    expect(await people.dora.code(DELETE, { name: 'loose' })).toBe('FORBIDDEN');
    expect(await people.anna.code(DELETE, { name: 'loose' })).toBe('FORBIDDEN');
  });
});

describe('attach and detach', () => {
  it('remove the binding, say so, and leave one line each in the log', async () => {
    await world.image('moving', { access: 'PUBLIC' });
    const { attachImage } = await world.admin.run('mutation { attachImage(input: { image: "moving", datacenter: "beta" }) { bindingRemoved datacenter { name } image { dcBound } task { action status detail datacenter { name } } } }');
    expect(attachImage).toEqual({
      bindingRemoved: true,
      datacenter: { name: 'beta' },
      image: { dcBound: false },
      task: { action: 'IMAGE_ATTACH', status: 'SUCCEEDED', datacenter: { name: 'beta' }, detail: { datacenter: 'beta', bindingRemoved: true, boundDatacenter: { before: 'alpha', after: null } } },
    });
    const { detachImage } = await world.admin.run('mutation { detachImage(input: { image: "moving", datacenter: "alpha" }) { bindingRemoved image { datacenters { name } } } }');
    expect(detachImage).toEqual({ bindingRemoved: false, image: { datacenters: [{ name: 'beta' }] } });
    const { tasks } = await world.admin.run('{ tasks(image: "moving") { nodes { action } } }');
    expect(tasks.nodes.map((node: { action: string }) => node.action)).toEqual(['IMAGE_DETACH', 'IMAGE_ATTACH', 'IMAGE_IMPORT']);
  });

  it('refuse what is so already, naming where the image is', async () => {
    const detach = (datacenter: string) => world.admin.send('mutation ($d: String!) { detachImage(input: { image: "moving", datacenter: $d }) { bindingRemoved } }', { d: datacenter });
    expect((await detach('alpha')).errors[0]).toMatchObject({ message: 'Image moving is not attached to datacenter alpha; it is attached to beta.', extensions: { code: 'NOT_FOUND' } });
    const { errors } = await world.admin.send('mutation { attachImage(input: { image: "moving", datacenter: "beta" }) { bindingRemoved } }');
    expect(errors[0]).toMatchObject({ message: 'Image moving is attached to datacenter beta already.', extensions: { code: 'ALREADY_EXISTS' } });
    expect((await detach('gamma')).errors[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await detach('beta')).errors).toEqual([]);
    expect((await detach('beta')).errors[0]?.message).toBe('Image moving is attached to no datacenter.');
  });

  it('detach only while no server within the datacenter uses the image', async () => {
    await world.image('fixed', { access: 'PUBLIC' });
    await world.server('fixed-1', { image: 'fixed' });
    const { errors } = await world.admin.send('mutation { detachImage(input: { image: "fixed", datacenter: "alpha" }) { bindingRemoved } }');
    expect(errors[0]).toMatchObject({ message: 'Image fixed is used by 1 server of datacenter alpha (fixed-1); remove its disks there first.', extensions: { code: 'IMAGE_IN_USE' } });
    await world.admin.run('mutation { attachImage(input: { image: "fixed", datacenter: "beta" }) { bindingRemoved } }');
    await world.admin.run('mutation { detachImage(input: { image: "fixed", datacenter: "beta" }) { bindingRemoved } }');
  });
});

describe('images placed on the image server by hand', () => {
  const place = async (image: { manifest: { uuid: string }; file: Buffer }, file: Buffer | null): Promise<void> => {
    const folder = join(world.folder.path, 'images', image.manifest.uuid);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'manifest'), JSON.stringify(image.manifest));
    if (file !== null) await writeFile(join(folder, 'file'), file);
  };
  const LOCAL = '{ imageRepository(name: "img01") { isLocal images { nodes { name importable notImportableReason } } } }';
  const IMPORT = 'mutation ($uuid: UUID!) { importRepositoryImage(input: { repository: "img01", uuid: $uuid, datacenter: "alpha" }) { image { name } task { id } } }';

  it('appear in the local repository, each with what is wrong with it, and are imported without a download', async () => {
    const [good, bare, wrong] = ['hand-made', 'no-file', 'wrong-hash'].map((name) => world.offer({ name, version: '1' }));
    await place(good!, good!.file);
    await place(bare!, null);
    await place(wrong!, Buffer.alloc(wrong!.file.length, 7));
    await world.admin.run('mutation { refreshImageRepository(name: "img01") { added } }');
    const { imageRepository } = await people.anna.run(LOCAL);
    expect(imageRepository.isLocal).toBe(true);
    const listed = new Map(imageRepository.images.nodes.map((node: { name: string; notImportableReason: string | null }) => [node.name, node.notImportableReason]));
    expect(listed.get('hand-made')).toBeNull();
    expect(listed.get('no-file')).toBe('NO_FILE');
    expect(listed.get('wrong-hash')).toBe('CHECKSUM_MISMATCH');
    const asked = world.repository.requests.length;
    const { importRepositoryImage } = await people.anna.run(IMPORT, { uuid: good!.manifest.uuid });
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.repository.requests.length).toBe(asked);
    const file = await (await fetch(`${world.gateway.url}/imgapi/images/${good!.manifest.uuid}/file`)).arrayBuffer();
    expect(Buffer.from(file).equals(good!.file)).toBe(true);
  });

  it('stay where they are when their hash turns out to be wrong', async () => {
    const wrong = world.repository.images.at(-1)!;
    const { manifest } = wrong;
    expect((await people.anna.send(IMPORT, { uuid: manifest.uuid })).errors).toMatchObject([{ message: expect.stringContaining('sha1'), extensions: { code: 'CHECKSUM_MISMATCH' } }]);
    // Another one since the repository was loaded, so only the task can tell.
    await place(wrong, Buffer.alloc(wrong.file.length, 8));
    const { importRepositoryImage } = await people.anna.run(IMPORT, { uuid: manifest.uuid });
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'CHECKSUM_MISMATCH', error: expect.stringContaining('sha1') });
    expect((await world.admin.run('{ image(name: "wrong-hash") { name } }')).image).toBeNull();
    expect(await readdir(join(world.folder.path, 'images', manifest.uuid))).toEqual(expect.arrayContaining(['file', 'manifest']));
  });

  it('are shown to SuperAdmins alone once they are in the catalogue', async () => {
    const names = async (person: 'admin' | 'anna'): Promise<string[]> => {
      const client = person === 'admin' ? world.admin : people.anna;
      return (await client.run(LOCAL)).imageRepository.images.nodes.map((node: { name: string }) => node.name);
    };
    expect(await names('admin')).toContain('hand-made');
    expect(await names('anna')).not.toContain('hand-made');
  });
});
