import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../support/world.js';
import { testCases } from './cells.js';
import { type Persona, type PersonaWorld, startPersonas } from './personas.js';
import { READS } from './read-cases.js';

let world: World;
let clients: PersonaWorld['clients'];
beforeAll(async () => {
  ({ world, clients } = await startPersonas());
});
afterAll(async () => world?.close());

testCases(READS, () => ({ world, clients }));

describe('what is in the lists', () => {
  const names = async (persona: Persona, query: string, field: string): Promise<string[]> => {
    const data = await clients[persona].run(query);
    const found = data[field].nodes.map((node: { name?: string; hostname?: string }) => node.name ?? node.hostname) as string[];
    // Imports of other cases come and go beside the images of the world.
    return found.filter((name) => !/^[A-Z]-/.test(name)).sort();
  };
  const attached = ['foreign', 'private', 'public', 'unbound'];

  it.each([
    ['D', attached],
    ['I', [...attached, 'deleted'].sort()],
    ['M', [...attached, 'deleted'].sort()],
    ['S', [...attached, 'deleted', 'deleted-unbound'].sort()],
  ] as const)('images with showDeleted for %s', async (persona, expected) => {
    expect(await names(persona, '{ images(datacenter: "north", showDeleted: true, first: 200) { nodes { name } } }', 'images')).toEqual(expected);
    expect(await names(persona, '{ images(datacenter: "north", first: 200) { nodes { name } } }', 'images')).toEqual(attached);
  });

  it.each([
    ['D', attached],
    ['X', ['southern']],
    ['Z', ['southern']],
    ['S', [...attached, 'loose', 'southern'].sort()],
    ['I', attached],
    ['M', attached],
  ] as const)('images with showAll for %s', async (persona, expected) => {
    expect(await names(persona, '{ images(showAll: true, first: 200) { nodes { name } } }', 'images')).toEqual(expected);
  });

  it.each([
    ['D', attached],
    ['I', [...attached, 'deleted'].sort()],
    ['M', [...attached, 'deleted'].sort()],
    ['X', ['southern', 'southern-deleted']],
    ['Z', ['southern', 'southern-deleted']],
    ['S', [...attached, 'deleted', 'deleted-unbound', 'loose', 'southern', 'southern-deleted'].sort()],
  ] as const)('images with showAll and showDeleted for %s', async (persona, expected) => {
    expect(await names(persona, '{ images(showAll: true, showDeleted: true, first: 200) { nodes { name } } }', 'images')).toEqual(expected);
  });

  it('are those of the current datacenter when none is named', async () => {
    const client = clients.X;
    await client.run('mutation { switchDatacenter(name: "south") { currentDatacenter { name } } }');
    expect(await names('X', '{ images(first: 200) { nodes { name } } }', 'images')).toEqual(['southern']);
    await client.run('mutation { switchDatacenter(name: "north") { currentDatacenter { name } } }');
    expect(await client.code('{ images(first: 200) { nodes { name } } }')).toBe('FORBIDDEN');
    expect(await names('X', '{ usableImages(first: 200) { nodes { name } } }', 'usableImages')).toEqual(['public', 'unbound']);
    await client.run('mutation { switchDatacenter(name: "main") { currentDatacenter { name } } }');
  });

  it.each([
    ['U', ['public', 'unbound']],
    ['O', ['private', 'public', 'unbound']],
    ['D', ['public', 'unbound']],
    ['I', ['public', 'unbound']],
    ['X', ['public', 'unbound']],
    ['M', ['public', 'unbound']],
    ['N', ['public', 'unbound']],
    ['S', attached],
  ] as const)('usable images for %s', async (persona, expected) => {
    expect(await names(persona, '{ usableImages(datacenter: "north", first: 200) { nodes { name } } }', 'usableImages')).toEqual(expected);
  });

  it.each([
    ['U', ['u-server']],
    ['O', []],
    ['X', []],
    ['N', []],
    ['D', ['admin-server', 'u-server']],
    ['I', ['admin-server', 'u-server']],
    ['M', ['admin-server', 'u-server']],
    ['S', ['admin-server', 'u-server']],
  ] as const)('servers for %s', async (persona, expected) => {
    expect(await names(persona, '{ servers(datacenter: "north") { nodes { hostname } } }', 'servers')).toEqual(expected);
  });

  it('tasks: own ones only, unless DCAdmin', async () => {
    const seen = async (persona: Persona): Promise<number> => (await clients[persona].run('{ tasks(datacenter: "north") { totalCount } }')).tasks.totalCount;
    expect(await Promise.all((['U', 'O', 'X', 'N'] as const).map(seen))).toEqual([0, 0, 0, 0]);
    const all = await seen('D');
    expect(all).toBeGreaterThan(4);
    expect(await Promise.all((['I', 'M', 'S'] as const).map(seen))).toEqual([all, all, all]);
  });
});

describe('the count of a datacenter', () => {
  it.each([
    ['U', 2, 1],
    ['O', 3, 2],
    ['X', 2, 1],
    ['N', 2, 1],
    ['D', 4, 4],
    ['I', 4, 4],
    ['M', 4, 4],
    ['S', 4, 4],
  ] as const)('for %s', async (persona, imageCount, boundImageCount) => {
    const { datacenter } = await clients[persona].run('{ datacenter(name: "north") { imageCount boundImageCount } }');
    expect(datacenter).toEqual({ imageCount, boundImageCount });
  });
});

describe('a refusal', () => {
  it('says which permissions are missing, and where', async () => {
    const { errors } = await clients.N.send('{ images(datacenter: "north") { nodes { name } } }');
    expect(errors[0]?.extensions.requires).toEqual({ permissions: ['ADMIN'], datacenter: 'north' });
  });

  it('leaves the plain fields of a usable image beside the guarded one', async () => {
    const { data, errors } = await clients.U.send('{ image(name: "public") { name owner { username } dcBound serverCount } }');
    expect(data?.image).toEqual({ name: 'public', owner: { username: 'admin' }, dcBound: true, serverCount: null });
    expect(errors).toMatchObject([{ path: ['image', 'serverCount'], extensions: { code: 'FORBIDDEN' } }]);
  });
});
