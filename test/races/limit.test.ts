import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../support/world.js';
import { importPublic, publicImage, race, repeat, startRaces } from './race.js';

let world: World;
beforeAll(async () => {
  world = await startRaces();
});
afterAll(async () => world?.close());

async function limit(datacenter: string, vmsImageLimit: number | null): Promise<void> {
  await world.admin.run('mutation ($input: UpdateDatacenterSettingsInput!) { updateDatacenterSettings(input: $input) { name } }', { input: { datacenter, vmsImageLimit } });
}

const bound = async (datacenter: string): Promise<number> => (await world.admin.run(`{ datacenter(name: "${datacenter}") { boundImageCount } }`)).datacenter.boundImageCount;
const bind = (name: string) => async () => world.admin.send(`mutation { updateImage(input: { name: "${name}", dcBound: true }) { image { name } } }`);
const count = (codes: string[], wanted: string): number => codes.filter((code) => code === wanted).length;

describe('VMS_IMAGE_LIMIT', { timeout: 120_000 }, () => {
  it('is exact under 100 imports at once', async () => {
    await limit('north', 37);
    const codes = await race(world, ...Array.from({ length: 100 }, () => async () => importPublic(world, world.unique('many'))));
    expect([count(codes, 'data'), count(codes, 'IMAGE_LIMIT_REACHED')]).toEqual([37, 63]);
    expect(await bound('north')).toBe(37);
  });

  it('leaves the last place to one of two, whichever way they come in', async () => {
    const loose: string[] = [];
    for (let at = 0; at < 2; at += 1) {
      const name = await publicImage(world, { datacenter: 'south' });
      await world.admin.run(`mutation { updateImage(input: { name: "${name}", dcBound: false }) { image { name } } }`);
      loose.push(name);
    }
    const [one = '', other = ''] = loose;
    await repeat(async () => {
      await limit('south', (await bound('south')) + 1);
      const name = world.unique('image');
      const codes = await race(world, bind(one), bind(other), async () => importPublic(world, name, { datacenter: 'south' }));
      expect(codes.sort()).toEqual(['IMAGE_LIMIT_REACHED', 'IMAGE_LIMIT_REACHED', 'data']);
      for (const each of loose) await world.admin.run(`mutation { updateImage(input: { name: "${each}", dcBound: false }) { image { name } } }`);
    });
  });

  it('lowered while an import comes in holds for whatever comes after', async () => {
    await repeat(async () => {
      await limit('south', null);
      const before = await bound('south');
      const lower = async () => world.admin.send('mutation ($n: Int) { updateDatacenterSettings(input: { datacenter: "south", vmsImageLimit: $n }) { name } }', { n: before });
      const [lowered, imported] = await race(world, lower, async () => importPublic(world, world.unique('image'), { datacenter: 'south' }));
      expect(lowered).toBe('data');
      expect(await bound('south')).toBe(imported === 'data' ? before + 1 : before);
      expect((await importPublic(world, world.unique('image'), { datacenter: 'south' })).errors[0]?.extensions.code).toBe('IMAGE_LIMIT_REACHED');
    });
  });
});
