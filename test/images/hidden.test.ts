import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseOf, GatewayProcess, TestClient } from '../support/gateway.js';
import { follow, type Following, STREAM_TRANSPORTS } from '../support/follow.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temp-folder.js';
import { type Person, World } from '../support/world.js';

let world: World;
let folder: TemporaryFolder;
/** On Postgres a second process, in which the changes are made; else the same one. */
let other: GatewayProcess | null = null;
let admin: TestClient;

beforeAll(async () => {
  world = await World.start({ datacenter: 'alpha', imageServer: false });
  folder = await temporaryFolder();
  const target = databaseOf(world.folder);
  if (target.kind === 'postgres') other = await GatewayProcess.start(folder.path, { DATABASE_URL: target.url });
  admin = new TestClient((other ?? world.gateway).url, world.admin.key);
});
afterAll(async () => {
  await other?.stop();
  await folder?.remove();
  await world?.close();
});

const change = async (mutation: string): Promise<unknown> => admin.run(`mutation { ${mutation} { __typename } }`);
const CHANGED = '{ kind name uuid image { name } }';

/** What was told of images of that name, in words; the same twice in a row counts once, as each event shows the state at its turn. */
const told = ({ events }: Following, name: string): string[] =>
  events
    .filter(({ imageChanged }) => imageChanged.name === name)
    .map(({ imageChanged: { kind, uuid, image } }) => `${kind} ${uuid === world.uuids.get(name)} ${image === null ? 'nothing' : 'shown'}`)
    .filter((event, at, all) => event !== all[at - 1]);

const HIDDEN = 'HIDDEN true nothing';
const SHOWN = 'UPDATED true shown';

/** Why an image leaves the sight of somebody, and how it comes back. Each person has a datacenter and a group of its own, whose image is PUBLIC. */
const REASONS: [why: string, permissions: readonly string[], leave: (image: string, who: Person & Home) => string, back: (image: string, who: Person & Home) => string][] = [
  ['made PRIVATE', [], (image) => `updateImage(input: { name: "${image}", access: PRIVATE })`, (image) => `updateImage(input: { name: "${image}", access: PUBLIC })`],
  ['set DELETED', ['ADMIN'], (image) => `updateImage(input: { name: "${image}", access: DELETED })`, (image) => `updateImage(input: { name: "${image}", access: PUBLIC })`],
  ['detached', ['ADMIN'], (image, { datacenter }) => `detachImage(input: { image: "${image}", datacenter: "${datacenter}" })`, (image, { datacenter }) => `attachImage(input: { image: "${image}", datacenter: "${datacenter}" })`],
  ['out of a group', [], (_image, { group }) => `updateGroup(input: { name: "${group}", users: [] })`, (_image, { group, username }) => `updateGroup(input: { name: "${group}", users: ["${username}"] })`],
  ['in a group without the datacenter', ['ADMIN'], (_image, { group }) => `updateGroup(input: { name: "${group}", datacenters: [] })`, (_image, { group, datacenter }) => `updateGroup(input: { name: "${group}", datacenters: ["${datacenter}"] })`],
  ['of a datacenter that takes the group away', [], (_image, { datacenter }) => `updateDatacenter(input: { name: "${datacenter}", groups: [] })`, (_image, { datacenter, group }) => `updateDatacenter(input: { name: "${datacenter}", groups: ["${group}"] })`],
];

interface Home {
  datacenter: string;
  group: string;
}

async function person(permissions: readonly string[]): Promise<Person & Home> {
  const datacenter = await world.datacenter();
  const made = await world.person(undefined, { permissions, datacenter });
  return { ...made, datacenter, group: `${made.username}-group` };
}

describe.each(STREAM_TRANSPORTS)('over %s, an image', (transport) => {
  it.each(REASONS)('that is %s is HIDDEN to who saw it, with its key alone, and UPDATED when it is back', async (_why, permissions, leave, back) => {
    const who = await person(permissions);
    const { name } = await world.image(undefined, { access: 'PUBLIC', datacenter: who.datacenter });
    const following = await follow(transport, world.gateway.url, who.key, `subscription { imageChanged ${CHANGED} }`);
    await change(leave(name, who));
    await expect.poll(() => told(following, name), { timeout: 10_000 }).toEqual([HIDDEN]);
    // What happens to it while it is hidden is not told.
    await change(`updateImage(input: { name: "${name}", description: "unseen" })`);
    await change(back(name, who));
    await expect.poll(() => told(following, name), { timeout: 10_000 }).toEqual([HIDDEN, SHOWN]);
    await following.stop();
  });

  it('that is detached from the datacenter listened to is HIDDEN there, and UPDATED elsewhere', async () => {
    const place = await world.datacenter();
    const { name } = await world.image(undefined, { access: 'PUBLIC' });
    await world.attach(name, place);
    const { url, admin: { key } } = { url: world.gateway.url, admin: world.admin };
    const [there, everywhere] = [await follow(transport, url, key!, `subscription { imageChanged(datacenter: "${place}") ${CHANGED} }`), await follow(transport, url, key!, `subscription { imageChanged ${CHANGED} }`)];
    await change(`detachImage(input: { image: "${name}", datacenter: "${place}" })`);
    await expect.poll(() => [told(there, name), told(everywhere, name)], { timeout: 10_000 }).toEqual([[HIDDEN], [SHOWN]]);
    await change(`attachImage(input: { image: "${name}", datacenter: "${place}" })`);
    await expect.poll(() => told(there, name), { timeout: 10_000 }).toEqual([HIDDEN, SHOWN]);
    await Promise.all([there.stop(), everywhere.stop()]);
  });

  it('that is in several datacenters whose rights change together is told once', async () => {
    const [who, second] = [await person(['ADMIN']), await world.datacenter()];
    await change(`updateGroup(input: { name: "${who.group}", datacenters: ["${who.datacenter}", "${second}"] })`);
    const { name } = await world.image(undefined, { access: 'PRIVATE', datacenter: who.datacenter });
    await world.attach(name, second);
    const following = await follow(transport, world.gateway.url, who.key, `subscription { imageChanged ${CHANGED} }`);
    const { name: last } = await world.image(undefined, { access: 'PUBLIC', datacenter: 'main' });
    await change(`updateGroup(input: { name: "${who.group}", permissions: [] })`);
    await expect.poll(() => told(following, name), { timeout: 10_000 }).toEqual([HIDDEN]);
    await change(`updateGroup(input: { name: "${who.group}", permissions: [ADMIN] })`);
    await expect.poll(() => told(following, name), { timeout: 10_000 }).toEqual([HIDDEN, SHOWN]);
    await change(`updateImage(input: { name: "${last}", description: "the end" })`);
    await expect.poll(() => told(following, last), { timeout: 10_000 }).toContain(SHOWN);
    expect(following.events.filter(({ imageChanged }) => imageChanged.name === name).map(({ imageChanged }) => imageChanged.kind)).toEqual(['HIDDEN', 'UPDATED']);
    await following.stop();
  });

  it('that somebody never saw is not told of, whatever happens to it', async () => {
    const who = await person([]);
    const following = await follow(transport, world.gateway.url, who.key, `subscription { imageChanged ${CHANGED} }`);
    const { name } = await world.image(undefined, { access: 'PRIVATE', datacenter: who.datacenter });
    await change(`updateImage(input: { name: "${name}", description: "unseen" })`);
    await change(`updateImage(input: { name: "${name}", access: DELETED })`);
    await change(`updateGroup(input: { name: "${who.group}", users: [] })`);
    await admin.run(`mutation { deleteImage(input: { name: "${name}" }) { name } }`);
    const { name: last } = await world.image(undefined, { access: 'PUBLIC', datacenter: 'main' });
    await expect.poll(() => told(following, last), { timeout: 10_000 }).toContain('CREATED true shown');
    expect(following.events.map(({ imageChanged }) => imageChanged.name)).not.toContain(name);
    await following.stop();
  });
});
