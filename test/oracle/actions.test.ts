import { afterAll, describe, expect, it } from 'vitest';
import type { TestClient } from '../support/gateway.js';
import type { BuiltWorld } from './build-world.js';
import type { ImageFacts } from './facts.js';
import { Rules } from './rules.js';
import { tryCancel, tryDelete, tryInDatacenter, tryOnImage, tryUse, type Said, type Verdict } from './verdicts.js';
import { closeWorlds, inEveryWorld } from './worlds.js';

const LIMIT_MS = 300_000;
const NOWHERE = 'nowhere';
const IMAGE_ACTIONS = ['UPDATE', 'DELETE', 'CHANGE_DC_BOUND', 'ATTACH', 'DETACH', 'USE'];
const DATACENTER_ACTIONS = ['LIST_IMAGES', 'IMPORT', 'IMPORT_UNBOUND', 'CREATE_FROM_SNAPSHOT', 'UPDATE', 'CHANGE_SETTINGS', 'DELETE'];
const SHOWN = '{ action allowed code reason requires { permissions datacenter } }';

afterAll(closeWorlds);

function expectSaid({ action, ...shown }: Verdict, said: Said, about: object): void {
  expect({ ...about, action, ...shown }).toEqual({ ...about, action, ...said });
}

/** Nobody can try to use an image where the owner of the disk sees nothing. */
function unseen(datacenter: string): Said {
  return { allowed: false, code: 'NOT_FOUND', reason: `There is no datacenter "${datacenter}" that you can see.`, requires: null };
}

/** Datacenters whose limit is set are full from now on. */
async function fillDatacenters({ admin, facts }: BuiltWorld): Promise<void> {
  for (const one of facts.datacenters.filter(({ limit }) => limit !== null)) {
    one.limit = facts.images.filter(({ bound }) => bound === one.name).length;
    await admin.run('mutation ($input: UpdateDatacenterSettingsInput!) { updateDatacenterSettings(input: $input) { name } }', { input: { datacenter: one.name, vmsImageLimit: one.limit } });
  }
}

/** The verdicts on an image for each datacenter, also for some that the viewer cannot see, and for the current one. */
async function imageVerdicts(client: TestClient, image: string, datacenters: readonly string[]): Promise<{ named: Map<string, Verdict[]>; current: Verdict[] }> {
  const fields = datacenters.map((name, at) => `d${at}: actions(datacenter: "${name}") ${SHOWN}`).join(' ');
  const { image: shown } = await client.run(`query ($n: String!) { image(name: $n) { ${fields} actions ${SHOWN} } }`, { n: image });
  return { named: new Map(datacenters.map((name, at) => [name, shown[`d${at}`]])), current: shown.actions };
}

async function compareImage(world: BuiltWorld, rules: Rules, client: TestClient, image: ImageFacts): Promise<void> {
  const datacenters = [...world.facts.datacenters.map(({ name }) => name), NOWHERE];
  const { named, current } = await imageVerdicts(client, image.name, datacenters);
  const place = world.facts.users.find(({ username }) => username === rules.username)?.current ?? '';
  expect(current).toEqual(named.get(rules.datacenter(place) === undefined ? 'main' : place));
  for (const [at, datacenter] of datacenters.entries()) {
    const verdicts = named.get(datacenter) ?? [];
    expect(verdicts.map(({ action }) => action)).toEqual(IMAGE_ACTIONS);
    const about = { username: rules.username, image: image.name, datacenter };
    for (const verdict of verdicts) {
      const isSeen = rules.datacenter(datacenter) !== undefined;
      if (verdict.action === 'USE') expectSaid(verdict, isSeen ? await tryUse(world.admin, rules.username, image, datacenter) : unseen(datacenter), about);
      // The others are the same in every datacenter.
      else if (at === 0 || verdict.action.endsWith('TACH')) expectSaid(verdict, await tryOnImage(client, verdict.action, image, datacenter), about);
    }
  }
}

async function compareDatacenters(world: BuiltWorld, rules: Rules, client: TestClient): Promise<void> {
  for (const datacenter of world.facts.datacenters.filter((one) => rules.hasAccess(one))) {
    const shown = await client.run(`query ($n: String!) { datacenter(name: $n) { actions ${SHOWN} } }`, { n: datacenter.name });
    const verdicts: Verdict[] = shown.datacenter.actions;
    expect(verdicts.map(({ action }) => action)).toEqual(DATACENTER_ACTIONS);
    for (const verdict of verdicts) {
      // One that is allowed is carried out later, as it leaves another world.
      const said = verdict.action === 'DELETE' && !verdict.allowed ? await tryDelete(client, datacenter.name) : await tryInDatacenter(world, rules, client, { action: verdict.action, datacenter });
      if (said !== null) expectSaid(verdict, said, { username: rules.username, datacenter: datacenter.name });
    }
  }
}

async function compareTasks(world: BuiltWorld, rules: Rules, client: TestClient): Promise<void> {
  const { tasks } = await client.run('{ tasks(first: 200) { nodes { id cancel { allowed code reason } } } }');
  expect(tasks.nodes).toHaveLength(world.facts.tasks.filter((one) => rules.seesTask(one)).length);
  for (const { id, cancel } of tasks.nodes) {
    const { requires: _requires, ...said } = await tryCancel(client, id);
    expect({ username: rules.username, id, ...cancel }).toEqual({ username: rules.username, id, ...said });
  }
}

async function compareAllowedDeletions({ admin, facts }: BuiltWorld): Promise<void> {
  for (const { name } of facts.datacenters) {
    const { datacenter } = await admin.run(`query ($n: String!) { datacenter(name: $n) { actions(only: [DELETE]) ${SHOWN} } }`, { n: name });
    expectSaid(datacenter.actions[0], await tryDelete(admin, name), { datacenter: name });
  }
}

describe('in random worlds', () => {
  it('a verdict says of every action what the operation says, and a dry run changes nothing', { timeout: LIMIT_MS }, async () => {
    await inEveryWorld(async (world) => {
      await fillDatacenters(world);
      await world.refreshFacts();
      const state = async (): Promise<unknown> =>
        world.admin.run('{ images(showAll: true, showDeleted: true, first: 200) { nodes { name alias access dcBound datacenters { name } updatedAt } } tasks(first: 200) { nodes { id } } }');
      const before = await state();
      for (const [username, client] of world.clients) {
        const rules = new Rules(world.facts, username);
        for (const image of world.facts.images.filter((one) => rules.seesImage(one))) await compareImage(world, rules, client, image);
        await compareDatacenters(world, rules, client);
        await compareTasks(world, rules, client);
      }
      expect(await state()).toEqual(before);
      await compareAllowedDeletions(world);
    }, true);
  });
});
