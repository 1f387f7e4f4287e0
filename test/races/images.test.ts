import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../support/world.js';
import { importPublic, publicImage, race, repeat, startRaces } from './race.js';

let world: World;
beforeAll(async () => {
  world = await startRaces();
});
afterAll(async () => world?.close());

const BOTH_WAYS = 120_000;

const remove = (name: string) => async () => world.admin.send(`mutation { deleteImage(input: { name: "${name}" }) { name } }`);
const detach = (name: string) => async () => world.admin.send(`mutation { detachImage(input: { image: "${name}", datacenter: "north" }) { bindingRemoved } }`);
const attach = (name: string, datacenter: string) => async () => world.admin.send(`mutation { attachImage(input: { image: "${name}", datacenter: "${datacenter}" }) { bindingRemoved } }`);
const update = (name: string, change: string) => async () => world.admin.send(`mutation { updateImage(input: { name: "${name}", ${change} }) { image { name } } }`);

/** The image, its datacenters and the servers that use it, as they are now. */
async function state(name: string): Promise<{ datacenters: string[]; servers: string[]; bound: string | null } | null> {
  const { image } = await world.admin.run('query ($name: String) { image(name: $name) { datacenters { name } servers { nodes { hostname } } boundDatacenter { name } } }', { name });
  if (image === null) return null;
  return {
    datacenters: image.datacenters.map((one: { name: string }) => one.name),
    servers: image.servers.nodes.map((one: { hostname: string }) => one.hostname),
    bound: image.boundDatacenter?.name ?? null,
  };
}

const exists = async (hostname: string): Promise<boolean> => (await world.admin.run(`{ server(hostname: "${hostname}") { uuid } }`)).server !== null;

describe('of two clients', { timeout: BOTH_WAYS }, () => {
  it('one deletes an image or the other gets a server on it, never both', async () => {
    await repeat(async () => {
      const [name, hostname] = [await publicImage(world), world.unique('server')];
      const [deleted, registered] = await race(world, remove(name), async () => world.register(hostname, { image: name }));
      expect(['data IMAGE_NOT_USABLE', 'data BAD_USER_INPUT', 'IMAGE_IN_USE data']).toContain(`${deleted} ${registered}`);
      expect([(await state(name))?.servers ?? null, await exists(hostname)]).toEqual(deleted === 'data' ? [null, false] : [[hostname], true]);
    });
  });

  it('one deletes an image or the other changes the disk of a server to it, never both', async () => {
    const uuid = crypto.randomUUID();
    await world.register('changing', { uuid });
    await repeat(async () => {
      const name = await publicImage(world);
      const disks = [{ diskId: 1, size: 10_240, image: name }];
      const change = async () => world.admin.send('mutation ($input: UpdateServerInput!) { updateServer(input: $input) { uuid } }', { input: { uuid, disks } });
      const [deleted, changed] = await race(world, remove(name), change);
      expect(['data IMAGE_NOT_USABLE', 'data BAD_USER_INPUT', 'IMAGE_IN_USE data']).toContain(`${deleted} ${changed}`);
      expect((await state(name))?.servers ?? null).toEqual(deleted === 'data' ? null : ['changing']);
    });
  });

  it('one detaches an image or the other gets a server on it in that datacenter, never both', async () => {
    await repeat(async () => {
      const [name, hostname] = [await publicImage(world), world.unique('server')];
      const [detached, registered] = await race(world, detach(name), async () => world.register(hostname, { image: name }));
      expect(['data IMAGE_NOT_USABLE', 'IMAGE_IN_USE data']).toContain(`${detached} ${registered}`);
      expect(await state(name)).toEqual(
        detached === 'data' ? { datacenters: [], servers: [], bound: null } : { datacenters: ['north'], servers: [hostname], bound: 'north' },
      );
    });
  });

  it('only one gets a name', async () => {
    await repeat(async () => {
      const name = world.unique('image');
      const codes = await race(world, async () => importPublic(world, name), async () => importPublic(world, name, { datacenter: 'south', alias: 'other' }));
      expect(codes.sort()).toEqual(['ALREADY_EXISTS', 'data']);
    });
  });

  it('only one imports an image', async () => {
    await repeat(async () => {
      const [one, other] = [world.unique('image'), world.unique('image')];
      const image = world.offer({ name: one });
      const codes = await race(world, async () => importPublic(world, one, {}, image), async () => importPublic(world, other, { datacenter: 'south' }, image));
      expect(codes.sort()).toEqual(['ALREADY_EXISTS', 'data']);
      expect([await state(one), await state(other)].filter((found) => found !== null)).toHaveLength(1);
    });
  });

  it('only one imports an alias with a version, whatever its case', async () => {
    await repeat(async () => {
      const alias = world.unique('Alias');
      const importAs = (given: string) => async () => importPublic(world, world.unique('image'), { alias: given, version: '9' });
      expect((await race(world, importAs(alias), importAs(alias.toUpperCase()))).sort()).toEqual(['ALREADY_EXISTS', 'data']);
    });
  });

  it('only one renames its image to an alias with a version', async () => {
    const [one, other] = [await publicImage(world), await publicImage(world)];
    await repeat(async () => {
      const alias = world.unique('alias');
      const codes = await race(world, update(one, `alias: "${alias}", version: "8"`), update(other, `alias: "${alias}", version: "8"`));
      expect(codes.sort()).toEqual(['ALREADY_EXISTS', 'data']);
    });
  });

  it('only one attaches an image to a datacenter, and its binding ends', async () => {
    await repeat(async () => {
      const name = await publicImage(world);
      expect((await race(world, attach(name, 'south'), attach(name, 'south'))).sort()).toEqual(['ALREADY_EXISTS', 'data']);
      expect(await state(name)).toMatchObject({ datacenters: ['north', 'south'], bound: null });
    });
  });

  it('one binds an image that the other attaches elsewhere, and it is never bound while attached twice', async () => {
    await repeat(async () => {
      const name = await publicImage(world);
      await world.admin.run(`mutation { updateImage(input: { name: "${name}", dcBound: false }) { image { name } } }`);
      const [bound, attached] = await race(world, update(name, 'dcBound: true'), attach(name, 'south'));
      expect(['data data', 'BAD_USER_INPUT data']).toContain(`${bound} ${attached}`);
      expect(await state(name)).toMatchObject({ datacenters: ['north', 'south'], bound: null });
    });
  });

  it('one deletes what the other attaches', async () => {
    await repeat(async () => {
      const name = await publicImage(world);
      const [deleted, attached] = await race(world, remove(name), attach(name, 'south'));
      expect(['data data', 'data NOT_FOUND']).toContain(`${deleted} ${attached}`);
      expect(await state(name)).toBeNull();
    });
  });

  it('only one deletes an image', async () => {
    await repeat(async () => {
      const name = await publicImage(world);
      expect((await race(world, remove(name), remove(name))).sort()).toEqual(['NOT_FOUND', 'data']);
    });
  });
});
