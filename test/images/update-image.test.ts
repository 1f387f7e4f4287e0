import { rename } from 'node:fs/promises';
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

const UPDATE = `mutation ($input: UpdateImageInput!) { updateImage(input: $input) {
  image { name status alias version access description resize deploy tags dcBound owner { username } boundDatacenter { name } }
  task { id status action detail datacenter { name } user { username } } warnings } }`;

async function update(input: Record<string, unknown>, client = world.admin) {
  return client.send(UPDATE, { input });
}

async function settled(input: Record<string, unknown>, client = world.admin) {
  const { data, errors } = await update(input, client);
  if (data === null) throw new Error(JSON.stringify(errors));
  return { ...data.updateImage, ended: await world.admin.ended(data.updateImage.task.id) };
}

async function storedManifest(uuid: string): Promise<Record<string, unknown>> {
  return JSON.parse(await world.storedManifest(uuid)) as Record<string, unknown>;
}

describe('updateImage', () => {
  it('changes what is given and leaves the rest, PENDING until the image server has the new manifest', async () => {
    const { manifest } = await world.image('plain', { tags: ['a'], description: 'old', resize: false, access: 'PUBLIC' });
    const done = await settled({ name: 'plain', alias: 'Plain', description: 'new', tags: ['b', 'c'], resize: true });
    expect(done).toMatchObject({
      image: { status: 'PENDING', alias: 'Plain', version: 'plain', description: 'new', tags: ['b', 'c'], resize: true, deploy: false, access: 'PUBLIC' },
      task: { action: 'IMAGE_UPDATE', datacenter: { name: 'alpha' }, user: { username: 'admin' } },
      warnings: [],
      ended: { status: 'SUCCEEDED' },
    });
    expect(done.task.detail).toEqual({
      alias: { before: 'plain', after: 'Plain' },
      description: { before: 'old', after: 'new' },
      resize: { before: false, after: true },
      tags: { before: ['a'], after: ['b', 'c'] },
    });
    expect((await world.admin.run('{ image(name: "plain") { status alias } }')).image).toEqual({ status: 'OK', alias: 'Plain' });
    expect(await storedManifest(manifest.uuid)).toMatchObject({ description: 'new', tags: { resize: true, erigones: ['b', 'c'] } });
    const served = (await (await fetch(`${world.gateway.url}/imgapi/images/${manifest.uuid}`)).json()) as object;
    expect(served).toMatchObject({ description: 'new', public: true });
  });

  it('changes owner and binding at once', async () => {
    await world.image('owned');
    const { data } = await update({ name: 'owned', owner: 'anna', dcBound: false });
    expect(data?.updateImage).toMatchObject({ image: { status: 'OK', owner: { username: 'anna' }, dcBound: false, boundDatacenter: null }, task: { status: 'SUCCEEDED' } });
    expect(data?.updateImage.task.detail).toEqual({ owner: { before: 'admin', after: 'anna' }, dcBound: { before: true, after: false } });
    const again = await update({ name: 'owned', dcBound: true });
    expect(again.data?.updateImage.image).toMatchObject({ dcBound: true, boundDatacenter: { name: 'alpha' } });
  });

  it('shows an image with access DELETED as disabled to compute nodes, which still get its bytes', async () => {
    const { manifest, file } = await world.image('gone', { access: 'PUBLIC' });
    await settled({ name: 'gone', access: 'DELETED' });
    expect(await (await fetch(`${world.gateway.url}/imgapi/images/${manifest.uuid}`)).json()).toMatchObject({ state: 'disabled', disabled: true });
    const bytes = await (await fetch(`${world.gateway.url}/imgapi/images/${manifest.uuid}/file`)).arrayBuffer();
    expect(Buffer.from(bytes).equals(file)).toBe(true);
    expect((await people.peter.run('{ image(name: "gone") { name } }')).image).toBeNull();
    expect((await settled({ name: 'gone', access: 'PUBLIC' })).ended.status).toBe('SUCCEEDED');
    expect((await people.peter.run('{ image(name: "gone") { name } }')).image).toEqual({ name: 'gone' });
  });

  it('is done by an ImageAdmin of the datacenter it is bound to, but not the binding', async () => {
    await world.image('managed', { access: 'PUBLIC' });
    expect((await settled({ name: 'managed', alias: 'by anna' }, people.anna)).ended.status).toBe('SUCCEEDED');
    for (const [person, input, requires] of [
      ['anna', { dcBound: false }, { permissions: ['SUPER_ADMIN'], datacenter: null }],
      ['dora', { alias: 'x' }, { permissions: ['IMAGE_ADMIN'], datacenter: 'alpha' }],
      ['peter', { alias: 'x' }, { permissions: ['ADMIN', 'IMAGE_ADMIN'], datacenter: 'alpha' }],
    ] as const) {
      const { errors } = await update({ name: 'managed', ...input }, people[person]);
      expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', requires });
    }
  });

  it('tells all broken values at once, each by its path', async () => {
    await world.image('strict');
    const { errors } = await update({ name: 'strict', alias: '', version: 'a'.repeat(17), description: 'd'.repeat(129), owner: 'nobody', tags: ['ok', 'b@d', 'ok'] });
    expect(errors).toHaveLength(1);
    const { code, fields } = errors[0]!.extensions as { code: string; fields: { path: string }[] };
    expect(code).toBe('BAD_USER_INPUT');
    expect(fields.map((field) => field.path).sort()).toEqual(['alias', 'description', 'owner', 'tags.1', 'tags.2', 'version']);
  });

  it('refuses an alias with a version that another image has, whatever the case of the letters', async () => {
    await world.image('first', { alias: 'Debian', version: '12' });
    await world.image('second');
    const { errors } = await update({ name: 'second', alias: 'DEBIAN', version: '12' });
    expect(errors[0]).toMatchObject({ message: expect.stringContaining('DEBIAN'), extensions: { code: 'ALREADY_EXISTS' } });
    expect((await update({ name: 'second', alias: 'DEBIAN', version: '13' })).errors).toEqual([]);
  });

  it('refuses to bind an image that is attached to two datacenters or to none', async () => {
    await world.image('twice');
    await world.admin.run('mutation { attachImage(input: { image: "twice", datacenter: "beta" }) { bindingRemoved } }');
    await world.image('nowhere', { dcBound: false, datacenter: null });
    for (const [name, count] of [['twice', 2], ['nowhere', 0]] as const) {
      const { errors } = await update({ name, dcBound: true });
      expect(errors[0]).toMatchObject({ message: expect.stringContaining(`attached to ${count} datacenters`), extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'dcBound' }] } });
    }
  });

  it('refuses a binding beyond the limit of the datacenter', async () => {
    await world.image('limited');
    await update({ name: 'limited', dcBound: false });
    const { boundImageCount } = (await world.admin.run('{ datacenter(name: "alpha") { boundImageCount } }')).datacenter;
    await world.admin.run(`mutation { updateDatacenterSettings(input: { datacenter: "alpha", vmsImageLimit: ${boundImageCount} }) { name } }`);
    expect((await update({ name: 'limited', dcBound: true })).errors[0]?.extensions.code).toBe('IMAGE_LIMIT_REACHED');
    await world.admin.run('mutation { updateDatacenterSettings(input: { datacenter: "alpha", vmsImageLimit: null }) { name } }');
  });

  it('refuses everything else while the image is PENDING', async () => {
    const slow = world.offer({ name: 'slow', size: 400_000 });
    world.repository.fail = { file: { slow: 100_000 } };
    const { importImage } = await world.admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', {
      input: { name: 'slow', manifestUrl: slow.manifestUrl, datacenter: 'alpha' },
    });
    for (const input of [{ alias: 'x' }, { owner: 'anna' }, { dcBound: false }]) {
      expect((await update({ name: 'slow', ...input })).errors[0]?.extensions.code).toBe('IMAGE_NOT_READY');
    }
    for (const mutation of ['deleteImage(input: { name: "slow" }) { name }', 'attachImage(input: { image: "slow", datacenter: "beta" }) { bindingRemoved }', 'detachImage(input: { image: "slow", datacenter: "alpha" }) { bindingRemoved }']) {
      expect(await world.admin.code(`mutation { ${mutation} }`)).toBe('IMAGE_NOT_READY');
    }
    await world.admin.run('mutation ($id: ID!) { cancelTask(id: $id) { id } }', { id: importImage.task.id });
    world.repository.fail = {};
  });

  it('takes all of it back, owner and binding too, when the image server cannot follow', async () => {
    const { manifest } = await world.image('unlucky', { access: 'PUBLIC', tags: ['before'] });
    const lost = join(world.folder.path, 'images', manifest.uuid);
    const place = (await world.folderOfImage(manifest.uuid)).slice(join(world.folder.path, 'images').length + 1);
    await rename(lost, `${lost}.elsewhere`);
    const done = await settled({ name: 'unlucky', alias: 'New', tags: ['after'], owner: 'anna', dcBound: false });
    expect(done.image).toMatchObject({ status: 'PENDING', alias: 'New', owner: { username: 'anna' }, dcBound: false });
    expect(done.ended).toMatchObject({ status: 'FAILED', errorCode: 'NO_FILE', error: `The image store has lost image unlucky; place its file there again as ${place}/file, or delete the image.` });
    const { image } = await world.admin.run('{ image(name: "unlucky") { status alias tags dcBound owner { username } boundDatacenter { name } } }');
    expect(image).toEqual({ status: 'OK', alias: 'unlucky', tags: ['before'], dcBound: true, owner: { username: 'admin' }, boundDatacenter: { name: 'alpha' } });
    await rename(`${lost}.elsewhere`, lost);
  });

  it('refuses before anything changes while the image server is out of order, except what it has no part in', async () => {
    await world.image('waiting');
    const { imageServer } = await world.admin.run('{ imageServer { server { uuid } } }');
    const set = async (status: string) => world.admin.run(`mutation { updateServer(input: { uuid: "${imageServer.server.uuid}", status: ${status} }) { uuid } }`);
    await set('FROZEN');
    expect((await update({ name: 'waiting', alias: 'x' })).errors[0]).toMatchObject({ message: expect.stringContaining('FROZEN'), extensions: { code: 'IMAGE_SERVER_UNAVAILABLE' } });
    expect((await update({ name: 'waiting', owner: 'anna' })).errors).toEqual([]);
    await set('STOPPED');
    expect((await settled({ name: 'waiting', alias: 'x' })).ended.status).toBe('SUCCEEDED');
  });
});
