import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { Answer, TestClient } from '../support/gateway.js';
import type { BuiltWorld } from './build-world.js';
import type { ImageFacts } from './facts.js';
import { Rules } from './rules.js';
import { closeWorlds, inEveryWorld } from './worlds.js';

const LIMIT_MS = 150_000;

afterAll(closeWorlds);

interface Verdict {
  action: string;
  allowed: boolean;
  code: string | null;
  reason: string | null;
}

const ALLOWED = { allowed: true, code: null, reason: null };

function verdictOf(answer: Answer): Omit<Verdict, 'action'> {
  const [error] = answer.errors;
  if (error === undefined) return ALLOWED;
  // Whoever is refused is told by whom it would be allowed.
  if (error.extensions.code === 'FORBIDDEN') expect(error.extensions.requires).toMatchObject({ permissions: expect.any(Array) });
  return { allowed: false, code: error.extensions.code, reason: error.message };
}

const MUTATIONS = {
  UPDATE: 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { warnings } }',
  CHANGE_DC_BOUND: 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { warnings } }',
  DELETE: 'mutation ($input: DeleteImageInput!) { deleteImage(input: $input) { warnings } }',
  ATTACH: 'mutation ($input: AttachImageInput!) { attachImage(input: $input) { warnings } }',
  DETACH: 'mutation ($input: AttachImageInput!) { detachImage(input: $input) { warnings } }',
};

/** Inputs with which the mutation succeeds if the action is allowed at all; several where the place decides. */
function inputs({ facts }: BuiltWorld, rules: Rules, image: ImageFacts): Record<keyof typeof MUTATIONS, Record<string, unknown>[]> {
  const { name, attached, bound } = image;
  const seen = facts.datacenters.filter((one) => rules.hasAccess(one)).map((one) => one.name);
  const free = seen.filter((one) => !attached.includes(one));
  const where = (datacenters: string[]): Record<string, unknown>[] => datacenters.map((datacenter) => ({ image: name, datacenter, dryRun: true }));
  return {
    UPDATE: [{ name, alias: `other ${name}`, dryRun: true }],
    CHANGE_DC_BOUND: [{ name, dcBound: bound === null, dryRun: true }],
    DELETE: [{ name, dryRun: true }],
    // Attached everywhere already: nothing to compare the verdict with, unless nobody but a SuperAdmin attaches at all.
    ATTACH: where(free.length > 0 || rules.isSuperAdmin ? free : seen.slice(0, 1)),
    DETACH: where(attached.length > 0 ? attached.filter((one) => seen.includes(one)) : seen.slice(0, 1)),
  };
}

/** Allowed if the mutation is with one of the inputs; else one of its refusals, in the same words. */
function expectSaid(verdict: Verdict, said: Omit<Verdict, 'action'>[], about: object): void {
  const { action: _action, ...shown } = verdict;
  const wanted = said.find(({ allowed }) => allowed) ?? said.find(({ reason }) => reason === shown.reason) ?? said[0];
  expect({ ...about, ...shown }).toEqual({ ...about, ...wanted });
}

/** What registering a server of that user says, with a disk that fits, in a datacenter that the user sees; undone at once. */
async function use({ admin, facts }: BuiltWorld, rules: Rules, image: ImageFacts): Promise<Omit<Verdict, 'action'>[]> {
  const place = facts.datacenters.find((one) => image.attached.includes(one.name) && rules.hasAccess(one));
  // Attached nowhere: a disk says of which datacenter that is so, and a verdict cannot.
  if (place === undefined) return [];
  const uuid = randomUUID();
  const input = {
    uuid,
    hostname: `try-${uuid}`,
    datacenter: place.name,
    owner: rules.username,
    osType: image.kind,
    disks: [{ diskId: 1, size: image.size, image: image.name }],
  };
  const answer = await admin.send('mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }', { input });
  if (answer.errors.length === 0) await admin.run('mutation ($u: UUID!) { unregisterServer(uuid: $u) }', { u: uuid });
  return [verdictOf(answer)];
}

async function shownVerdicts(client: TestClient, name: string): Promise<Verdict[]> {
  const data = await client.run('query ($n: String!) { image(name: $n) { actions { action allowed code reason } } }', { n: name });
  return data.image.actions;
}

async function compare(world: BuiltWorld, username: string, client: TestClient): Promise<void> {
  const rules = new Rules(world.facts, username);
  for (const image of world.facts.images.filter((one) => rules.seesImage(one))) {
    const shown = await shownVerdicts(client, image.name);
    expect(shown.map(({ action }) => action).sort()).toEqual([...Object.keys(MUTATIONS), 'USE'].sort());
    const tried = inputs(world, rules, image);
    for (const verdict of shown) {
      const { action } = verdict;
      const said: Omit<Verdict, 'action'>[] = [];
      if (action === 'USE') said.push(...(await use(world, rules, image)));
      for (const input of tried[action as keyof typeof MUTATIONS] ?? []) {
        said.push(verdictOf(await client.send(MUTATIONS[action as keyof typeof MUTATIONS], { input })));
      }
      // Attached nowhere: the mutation says where it is not attached, and a verdict cannot.
      const isVague = action === 'DETACH' && image.attached.length === 0 && rules.isSuperAdmin;
      if (isVague) said.splice(0, said.length, { allowed: false, code: 'NOT_FOUND', reason: verdict.reason });
      if (said.length > 0) expectSaid(verdict, said, { username, image: image.name, action });
    }
  }
}

describe('in random worlds', () => {
  it('Image.actions says of every action what the mutation says, and a rehearsal changes nothing', { timeout: LIMIT_MS }, async () => {
    await inEveryWorld(async (world) => {
      const state = async (): Promise<unknown> =>
        world.admin.run('{ images(showAll: true, showDeleted: true, first: 200) { nodes { name alias access dcBound datacenters { name } updatedAt } } tasks(first: 200) { nodes { id } } }');
      const before = await state();
      for (const [username, client] of world.clients) await compare(world, username, client);
      expect(await state()).toEqual(before);
    }, true);
  });
});
