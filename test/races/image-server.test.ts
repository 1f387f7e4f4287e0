import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/gateway.js';
import type { World } from '../support/world.js';
import { importPublic, publicImage, race, repeat, startRaces } from './race.js';

let world: World;
beforeAll(async () => {
  world = await startRaces({ imageServer: true });
});
afterAll(async () => world?.close());

/** Ends every task of an image, and answers the image then. */
async function settled(name: string): Promise<{ status: string; description: string; uuid: string; file: { sha1: string } | null } | null> {
  const { tasks } = await world.admin.run('query ($image: String) { tasks(image: $image) { nodes { id } } }', { image: name });
  for (const { id } of tasks.nodes) await world.admin.ended(id);
  return (await world.admin.run('query ($name: String) { image(name: $name) { status description uuid file { sha1 } } }', { name })).image;
}

const remove = (name: string) => async () => world.admin.send(`mutation { deleteImage(input: { name: "${name}" }) { name } }`);
const update = (name: string, change: string) => async (): Promise<Answer> => world.admin.send(`mutation { updateImage(input: { name: "${name}", ${change} }) { image { name } } }`);

async function storedOf(uuids: string[]): Promise<string[]> {
  const names = await world.stored();
  return names.filter((name) => uuids.some((uuid) => name.startsWith(uuid)));
}

describe('with an image server', { timeout: 180_000 }, () => {
  it('an image deleted while it is updated is gone or whole, with all its bytes or none', async () => {
    await repeat(async (at) => {
      const name = await publicImage(world);
      const { image } = await world.admin.run(`{ image(name: "${name}") { uuid } }`);
      const [updated, deleted] = await race(world, update(name, `description: "round ${at}"`), remove(name));
      expect(['data data', 'data IMAGE_NOT_READY', 'IMAGE_NOT_READY data', 'NOT_FOUND data']).toContain(`${updated} ${deleted}`);
      const after = await settled(name);
      const whole = [{ status: 'OK', description: `round ${at}` }, [image.uuid]];
      expect([after, await storedOf([image.uuid])]).toMatchObject(deleted === 'data' ? [null, []] : whole);
    });
  });

  it('one of two updates wins, or both in turn, and the image is one of them', async () => {
    const name = await publicImage(world);
    await repeat(async (at) => {
      const codes = await race(world, update(name, `description: "a${at}", resize: true`), update(name, `description: "b${at}", resize: false`));
      expect(codes).toContain('data');
      expect(['IMAGE_NOT_READY', 'data']).toContain(codes.find((code) => code !== 'data') ?? 'data');
      expect(await settled(name)).toMatchObject({ status: 'OK', description: expect.stringMatching(new RegExp(`^[ab]${at}$`)) });
    });
  });

  it('an image that two import at once is downloaded once, byte for byte', async () => {
    await repeat(async () => {
      const [one, other] = [world.unique('image'), world.unique('image')];
      const image = world.offer({ name: one });
      const asked = world.repository.requests.filter(({ url }) => url.endsWith('/file')).length;
      const codes = await race(world, async () => importPublic(world, one, {}, image), async () => importPublic(world, other, { datacenter: 'south' }, image));
      expect(codes.sort()).toEqual(['ALREADY_EXISTS', 'data']);
      const left = [await settled(one), await settled(other)].filter((found) => found !== null);
      expect(left).toMatchObject([{ status: 'OK', file: { sha1: createHash('sha1').update(image.file).digest('hex') } }]);
      expect(world.repository.requests.filter(({ url }) => url.endsWith('/file'))).toHaveLength(asked + 1);
    });
  });

  it('a server is never defined on an image that is deleted', async () => {
    await repeat(async () => {
      const [name, hostname] = [await publicImage(world), world.unique('server')];
      const [deleted, registered] = await race(world, remove(name), async () => world.register(hostname, { image: name }));
      expect(['data IMAGE_NOT_USABLE', 'data BAD_USER_INPUT', 'IMAGE_IN_USE data']).toContain(`${deleted} ${registered}`);
      const after = await settled(name);
      const { server } = await world.admin.run(`{ server(hostname: "${hostname}") { disks { image { name } } } }`);
      expect([after?.status, server]).toEqual(deleted === 'data' ? [undefined, null] : ['OK', { disks: [{ image: { name } }] }]);
    });
  });

  it('a pending import is not attached, deleted or updated, and ends as if nobody had asked', async () => {
    await repeat(async () => {
      const name = world.unique('image');
      const image = world.offer({ name });
      const attach = async () => world.admin.send(`mutation { attachImage(input: { image: "${name}", datacenter: "south" }) { bindingRemoved } }`);
      const [imported, ...others] = await race(world, async () => importPublic(world, name, {}, image), attach, update(name, 'resize: true'));
      expect(imported).toBe('data');
      for (const code of others) expect(['NOT_FOUND', 'IMAGE_NOT_READY', 'data']).toContain(code);
      expect(await settled(name)).toMatchObject({ status: 'OK', file: { sha1: createHash('sha1').update(image.file).digest('hex') } });
    });
  });
});
