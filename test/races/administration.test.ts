import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from '../support/gateway.js';
import type { World } from '../support/world.js';
import { importPublic, publicImage, race, repeat, startRaces } from './race.js';

let world: World;
beforeAll(async () => {
  world = await startRaces();
});
afterAll(async () => world?.close());

const send = (query: string, variables: Record<string, unknown> = {}) => async () => world.admin.send(query, variables);

async function datacenter(): Promise<string> {
  const name = world.unique('dc');
  await world.admin.run(`mutation { createDatacenter(input: { name: "${name}" }) { name } }`);
  return name;
}

describe('a datacenter that is deleted at the same moment', { timeout: 120_000 }, () => {
  it('gets the server, or is gone', async () => {
    await repeat(async () => {
      const [name, hostname] = [await datacenter(), world.unique('server')];
      const [deleted, registered] = await race(world, send(`mutation { deleteDatacenter(name: "${name}") }`), async () => world.register(hostname, { datacenter: name }));
      expect(['data BAD_USER_INPUT', 'DATACENTER_NOT_EMPTY data']).toContain(`${deleted} ${registered}`);
    });
  });

  it('gets the image before it goes, or refuses it', async () => {
    await repeat(async () => {
      const [name, image] = [await datacenter(), world.unique('image')];
      const [deleted, imported] = await race(world, send(`mutation { deleteDatacenter(name: "${name}") }`), async () => importPublic(world, image, { datacenter: name }));
      expect(['data data', 'data NOT_FOUND']).toContain(`${deleted} ${imported}`);
      const { image: left } = await world.admin.run(`{ image(name: "${image}") { dcBound datacenters { name } } }`);
      expect(left).toEqual(imported === 'data' ? { dcBound: false, datacenters: [] } : null);
    });
  });

  it('loses every attachment, also one being made or taken away', async () => {
    await repeat(async (at) => {
      const [name, image] = [await datacenter(), await publicImage(world)];
      const verb = at % 2 === 0 ? 'attach' : 'detach';
      if (verb === 'detach') await world.admin.run(`mutation { attachImage(input: { image: "${image}", datacenter: "${name}" }) { bindingRemoved } }`);
      const [deleted, changed] = await race(
        world,
        send(`mutation { deleteDatacenter(name: "${name}") }`),
        send(`mutation { ${verb}Image(input: { image: "${image}", datacenter: "${name}" }) { bindingRemoved } }`),
      );
      expect(['data data', 'data NOT_FOUND']).toContain(`${deleted} ${changed}`);
      expect((await world.admin.run(`{ image(name: "${image}") { datacenters { name } } }`)).image.datacenters).toEqual([{ name: 'north' }]);
    });
  });

  it('is nobody\'s current one, and in no group', async () => {
    await repeat(async () => {
      const [name, group] = [await datacenter(), world.unique('group')];
      const [deleted, switched, grouped, changed] = await race(
        world,
        send(`mutation { deleteDatacenter(name: "${name}") }`),
        send(`mutation { switchDatacenter(name: "${name}") { user { username } } }`),
        send(`mutation { createGroup(input: { name: "${group}", permissions: [], datacenters: ["${name}"] }) { name } }`),
        send(`mutation { updateDatacenterSettings(input: { datacenter: "${name}", vmsImageLimit: 3 }) { name } }`),
      );
      expect(deleted).toBe('data');
      expect(['data', 'NOT_FOUND']).toContain(switched);
      expect(['data', 'BAD_USER_INPUT']).toContain(grouped);
      expect(['data', 'NOT_FOUND']).toContain(changed);
      expect((await world.admin.run('{ viewer { currentDatacenter { name } } }')).viewer.currentDatacenter.name).toBe('main');
    });
  });
});

describe('the same thing made twice at the same moment', { timeout: 120_000 }, () => {
  it.each([
    ['datacenter', (name: string) => `mutation { createDatacenter(input: { name: "${name}" }) { name } }`],
    ['user', (name: string) => `mutation { createUser(input: { username: "${name}" }) { username } }`],
    ['group', (name: string) => `mutation { createGroup(input: { name: "${name}", permissions: [] }) { name } }`],
    ['snapshot', (name: string) => `mutation { registerSnapshot(input: { server: "img01", name: "${name}", size: 1 }) { name } }`],
  ])('is made once: %s', async (kind, query) => {
    await repeat(async () => {
      const name = world.unique(kind);
      expect((await race(world, send(query(name)), send(query(name)))).sort()).toEqual(['ALREADY_EXISTS', 'data']);
    });
  });

  it('is made once: a server, by host name and by uuid', async () => {
    await repeat(async () => {
      const [hostname, uuid] = [world.unique('server'), crypto.randomUUID()];
      expect((await race(world, async () => world.register(hostname), async () => world.register(hostname))).sort()).toEqual(['ALREADY_EXISTS', 'data']);
      const twice = async () => world.register(world.unique('server'), { uuid });
      expect((await race(world, twice, twice)).sort()).toEqual(['ALREADY_EXISTS', 'data']);
    });
  });
});

describe('two SuperAdmins', { timeout: 120_000 }, () => {
  it.each(['isSuperAdmin: false', 'active: false'])('cannot both end the other with %s', async (change) => {
    await repeat(async () => {
      const username = world.unique('super');
      await world.admin.run(`mutation { createUser(input: { username: "${username}", isSuperAdmin: true }) { username } }`);
      const { createApiKey } = await world.admin.run(`mutation { createApiKey(input: { username: "${username}", name: "test" }) { key } }`);
      const other = new TestClient(world.gateway.url, createApiKey.key);
      const codes = await race(
        world,
        send(`mutation { updateUser(input: { username: "${username}", ${change} }) { username } }`),
        async () => other.send(`mutation { updateUser(input: { username: "admin", ${change} }) { username } }`),
      );
      expect(codes.filter((code) => code === 'data')).toHaveLength(1);
      expect(codes.filter((code) => ['BAD_USER_INPUT', 'FORBIDDEN', 'UNAUTHENTICATED'].includes(code))).toHaveLength(1);
      // Whoever is left makes the world as it was.
      if (codes[1] === 'data') {
        await other.run('mutation { updateUser(input: { username: "admin", isSuperAdmin: true, active: true }) { username } }');
        await world.admin.run(`mutation { updateUser(input: { username: "${username}", isSuperAdmin: false }) { username } }`);
      }
    });
  });
});

describe('lists of members and settings', { timeout: 120_000 }, () => {
  it('take two changes at once without a fault', async () => {
    const [user, group] = [world.unique('user'), world.unique('group')];
    await world.admin.run(`mutation { createUser(input: { username: "${user}" }) { username } }`);
    await repeat(async () => {
      await world.admin.run(`mutation { createGroup(input: { name: "${group}", permissions: [] }) { name } }`);
      await race(
        world,
        send(`mutation { updateUser(input: { username: "${user}", groups: ["${group}"] }) { username } }`),
        send(`mutation { updateGroup(input: { name: "${group}", users: ["${user}"], datacenters: ["north"] }) { name } }`),
        send(`mutation { updateGroup(input: { name: "${group}", users: ["${user}"], datacenters: ["north", "south"] }) { name } }`),
        send(`mutation { updateDatacenter(input: { name: "north", groups: ["${group}"] }) { name } }`),
      );
      expect((await world.admin.run(`{ group(name: "${group}") { users { username } } }`)).group.users).toEqual([{ username: user }]);
      const [deleted, given] = await race(
        world,
        send(`mutation { deleteGroup(name: "${group}") }`),
        send(`mutation { updateUser(input: { username: "${user}", groups: ["${group}"] }) { username } }`),
      );
      expect(['data data', 'data BAD_USER_INPUT']).toContain(`${deleted} ${given}`);
    });
  });

  it('hold one of two lists of repositories', async () => {
    const configure = (names: string[]) =>
      send('mutation ($list: [NamedUrlInput!]) { updateGlobalSettings(input: { vmsImageRepositories: $list }) { vmsImageVmNic } }', {
        list: names.map((name) => ({ name, url: `https://${name}.example.com` })),
      });
    await repeat(async (at) => {
      const [one, other] = [['alpha', `a${at}`], ['alpha', 'beta', `b${at}`]];
      expect(await race(world, configure(one), configure(other))).toEqual(['data', 'data']);
      const { globalSettings } = await world.admin.run('{ globalSettings { vmsImageRepositories { name } } }');
      expect([one, other].map((list) => list.sort())).toContainEqual(globalSettings.vmsImageRepositories.map((entry: { name: string }) => entry.name));
    });
  });

  it('lose no change of one repository', async () => {
    const { url } = world.repository;
    await repeat(async () => {
      const [one, other, gone] = [world.unique('one'), world.unique('other'), world.unique('gone')];
      await world.admin.run('mutation ($list: [NamedUrlInput!]) { updateGlobalSettings(input: { vmsImageRepositories: $list }) { vmsImageVmNic } }', { list: [{ name: gone, url }] });
      const add = (name: string) => send('mutation ($input: NamedUrlInput!) { addImageRepository(input: $input) { name } }', { input: { name, url } });
      expect(await race(world, add(one), add(other), send(`mutation { removeImageRepository(name: "${gone}") }`))).toEqual(['data', 'data', 'data']);
      const { globalSettings } = await world.admin.run('{ globalSettings { vmsImageRepositories { name } } }');
      expect(globalSettings.vmsImageRepositories.map(({ name }: { name: string }) => name)).toEqual([one, other].sort());
      expect((await race(world, add(gone), add(gone))).sort()).toEqual(['ALREADY_EXISTS', 'data']);
    });
  });

  it('name an image server that is there, or none', async () => {
    await repeat(async () => {
      const [hostname, uuid] = [world.unique('img'), crypto.randomUUID()];
      await world.register(hostname, { uuid, osType: 'SUNOS_ZONE', status: 'RUNNING' });
      const [named, unregistered] = await race(
        world,
        send(`mutation { updateGlobalSettings(input: { vmsImageVm: "${hostname}" }) { vmsImageVmNic } }`),
        send(`mutation { unregisterServer(uuid: "${uuid}") }`),
      );
      expect(['data SERVER_IS_IMAGE_SERVER', 'BAD_USER_INPUT data']).toContain(`${named} ${unregistered}`);
      await world.admin.run('mutation { updateGlobalSettings(input: { vmsImageVm: null }) { vmsImageVmNic } }');
    });
  });
});
