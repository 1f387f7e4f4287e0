import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OfferedImage, World } from '../support/world.js';
import { importPublic, race, repeat, startRaces } from './race.js';

let world: World;
let withServer: World;
beforeAll(async () => {
  [world, withServer] = await Promise.all([startRaces(), startRaces({ imageServer: true })]);
});
afterAll(async () => Promise.all([world?.close(), withServer?.close()]));

/** Each round has tasks of its own. */
const FEW = 5;

const DELETE = 'mutation ($name: String!) { deleteImage(input: { name: $name }) { task { id } } }';
const remove = (of: World, name: string) => async () => of.admin.send(DELETE, { name });

function childOf(of: World, base: OfferedImage): { name: string; offered: OfferedImage } {
  const name = of.unique('child');
  return { name, offered: of.offer({ name, version: name, size: 500, manifest: { origin: base.uuid } }) };
}

/** The names of all images, once no task is open. */
async function settledNames(of: World): Promise<string[]> {
  const OPEN = '{ tasks(status: [PENDING, RUNNING]) { nodes { id } } }';
  for (const { id } of (await of.admin.run(OPEN)).tasks.nodes) await of.admin.ended(id);
  return of.imageNames();
}

describe('of two clients', { timeout: 120_000 }, () => {
  it.each([['in the database alone', () => world], ['with an image server', () => withServer]])('one deletes a base or the other imports a child of it, never both, %s', async (_where, worldOf) => {
    const of = worldOf();
    await repeat(async () => {
      const base = await of.image(undefined, { access: 'PUBLIC' });
      const { name, offered } = childOf(of, base);
      const [deleted, imported] = await race(of, remove(of, base.name), async () => importPublic(of, name, {}, offered));
      expect(['data MISSING_ORIGIN', 'IMAGE_HAS_CHILDREN data']).toContain(`${deleted} ${imported}`);
      const left = (await settledNames(of)).filter((one) => one === base.name || one === name);
      expect(left.sort()).toEqual(deleted === 'data' ? [] : [base.name, name].sort());
    }, FEW);
  });

  it('one deletes a base or the other imports a child of it with its origins, and no child is left without its base', async () => {
    await withServer.addRepository('mine');
    await repeat(async () => {
      const base = await withServer.image(undefined, { access: 'PUBLIC' });
      const { name, offered } = childOf(withServer, base);
      await withServer.loadRepository('mine');
      await race(withServer, remove(withServer, base.name), async () => importPublic(withServer, name, { includeOrigins: true }, offered));
      await settledNames(withServer);
      const { image } = await withServer.admin.run('query ($name: String) { image(name: $name) { origin { uuid status } } }', { name });
      expect([null, { origin: { uuid: base.uuid, status: 'OK' } }]).toContainEqual(image);
    }, FEW);
  });

  it('both bring the same missing base, which is imported once', async () => {
    await repeat(async () => {
      const base = withServer.offer({ name: withServer.unique('base'), version: '1', size: 500 });
      const [one, two] = [childOf(withServer, base), childOf(withServer, base)];
      await withServer.loadRepository('mine');
      const codes = await race(withServer, ...[one, two].map(({ name, offered }) => async () => importPublic(withServer, name, { includeOrigins: true }, offered)));
      expect(codes).toEqual(['data', 'data']);
      const names = await settledNames(withServer);
      expect(names).toEqual(expect.arrayContaining([one.name, two.name]));
      const { image } = await withServer.admin.run('query ($uuid: UUID) { image(uuid: $uuid) { status children { totalCount } } }', { uuid: base.uuid });
      expect(image).toEqual({ status: 'OK', children: { totalCount: 2 } });
    }, FEW);
  });
});
