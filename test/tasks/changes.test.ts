import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';
import { watch } from '../support/watch.js';

let world: World;

let people: StaffedWorld['people'];
beforeAll(async () => {
  ({ world, people } = await startStaffed());
  await world.imageServer(null);
});
afterAll(async () => world?.close());

/** A public image that everybody with access to alpha sees, and its task that those who manage alpha see. */
async function probe(name: string): Promise<void> {
  await world.image(name, { access: 'PUBLIC' });
}

const send = async (query: string): Promise<unknown> => world.admin.run(`mutation { ${query} { __typename } }`);
const IMAGES = 'subscription { imageChanged { kind name uuid image { name access description } } }';
const TASKS = 'subscription { taskChanged { id action status imageName user { username } } }';

/** What happens to one image, one change after the other; `heard` is awaited after each, with how many there were. */
async function life(name: string, heard: (changes: number) => Promise<unknown> = async () => undefined): Promise<void> {
  await world.image(name);
  await heard(1);
  const changes = [
    `updateImage(input: { name: "${name}", description: "one" })`,
    `updateImage(input: { name: "${name}", access: PUBLIC })`,
    `attachImage(input: { image: "${name}", datacenter: "beta" })`,
    `detachImage(input: { image: "${name}", datacenter: "beta" })`,
    `updateImage(input: { name: "${name}", access: DELETED })`,
    `deleteImage(input: { name: "${name}" })`,
  ];
  for (const [at, change] of changes.entries()) {
    await send(change);
    await heard(at + 2);
  }
}

describe('imageChanged', { timeout: 120_000 }, () => {
  it('tells each change once, in order, as far as each may see it', async () => {
    const who = { admin: world.admin, anna: people.anna, peter: people.peter };
    const watches = await Promise.all(Object.values(who).map(async (client) => watch(client, IMAGES, probe)));
    // Each event shows the image as it is when it is told, so the next change waits for those who are to see this one.
    await life('watched', async (changes) => Promise.all([watches[0]!.count(changes), watches[1]!.count(Math.min(changes, 6))]));
    // What everybody hears last, so that nothing more of it is to come.
    await world.image('last', { access: 'PUBLIC' });
    const told = async (at: number): Promise<string[]> => {
      const one = watches[at]!;
      const isLast = (event: Record<string, any>): boolean => event.imageChanged.name === 'last'; // oxlint-disable-line typescript/no-explicit-any -- as varied as queries
      while (!one.events().some(isLast)) await one.count(one.events().length + 1);
      return one.events().map(({ imageChanged: { kind, name, image } }) => `${kind} ${name}${image === null ? ' gone' : ''}`);
    };
    const changes = (kinds: string[]): string[] => kinds.map((kind) => `${kind.split(' ')[0]} watched${kind.endsWith('gone') ? ' gone' : ''}`);
    expect(await told(0)).toEqual([...changes(['CREATED', 'UPDATED', 'UPDATED', 'UPDATED', 'UPDATED', 'UPDATED', 'DELETED gone']), 'CREATED last']);
    // Unbound by the attachment, so that an ImageAdmin of alpha no longer sees it once Deleted.
    expect(await told(1)).toEqual([...changes(['CREATED', 'UPDATED', 'UPDATED', 'UPDATED', 'UPDATED', 'HIDDEN gone']), 'CREATED last']);
    expect((await told(2)).at(-1)).toBe('CREATED last');
    expect(await told(2)).not.toContain('CREATED watched');
    await Promise.all(watches.map(async (one) => one.stop()));
  });

  it('tells of one image alone, or of one datacenter', async () => {
    const here = await watch(world.admin, 'subscription { imageChanged(datacenter: "alpha") { kind name } }', probe);
    const there = await watch(world.admin, 'subscription { imageChanged(datacenter: "beta") { kind name } }', async (name) => void (await world.image(name, { datacenter: 'beta' })));
    await world.image('in-alpha');
    await world.image('in-beta', { datacenter: 'beta' });
    await send('attachImage(input: { image: "in-alpha", datacenter: "beta" })');
    await Promise.all([here.count(2), there.count(2)]);
    expect(here.events().map(({ imageChanged: { kind, name } }) => `${kind} ${name}`)).toEqual(['CREATED in-alpha', 'UPDATED in-alpha']);
    expect(there.events().map(({ imageChanged: { kind, name } }) => `${kind} ${name}`)).toEqual(['CREATED in-beta', 'UPDATED in-alpha']);
    await Promise.all([here.stop(), there.stop()]);
  });

  it('tells each of many changes at once exactly once', async () => {
    const all = await watch(world.admin, IMAGES, probe);
    const names = Array.from({ length: 30 }, (_, at) => `many-${at}`);
    await Promise.all(names.map(async (name) => world.image(name)));
    await Promise.all(names.map(async (name) => send(`updateImage(input: { name: "${name}", description: "changed" })`)));
    await all.count(60);
    const told = all.events().map(({ imageChanged: { kind, name } }) => `${kind} ${name}`);
    expect(told.slice(0, 30).sort()).toEqual(names.map((name) => `CREATED ${name}`).sort());
    expect(told.slice(30).sort()).toEqual(names.map((name) => `UPDATED ${name}`).sort());
    await all.stop();
  });

  it('tells those who see the images of a datacenter that it is gone', async () => {
    await send('createDatacenter(input: { name: "passing" })');
    await world.image('left-behind', { datacenter: 'passing' });
    const all = await watch(world.admin, 'subscription { imageChanged { kind name image { dcBound } } }', probe);
    await world.admin.run('mutation { deleteDatacenter(name: "passing") }');
    await all.count(1);
    expect(all.events()).toEqual([{ imageChanged: { kind: 'UPDATED', name: 'left-behind', image: { dcBound: false } } }]);
    await all.stop();
  });
});

describe('taskChanged', { timeout: 120_000 }, () => {
  it('tells each entry once, in order, to who sees it in the log', async () => {
    const [forAdmin, forDora] = await Promise.all([watch(world.admin, TASKS, probe), watch(people.dora, TASKS, probe)]);
    await life('logged');
    await send('updateDatacenterSettings(input: { datacenter: "alpha", vmsImageLimit: 1000 })');
    await forAdmin.count(8);
    const told = (one: typeof forAdmin): string[] => one.events().map(({ taskChanged }) => `${taskChanged.action} ${taskChanged.status}`);
    const mine = ['IMAGE_IMPORT', 'IMAGE_UPDATE', 'IMAGE_UPDATE'].map((action) => `${action} SUCCEEDED`);
    expect(told(forAdmin)).toEqual([...mine, 'IMAGE_ATTACH SUCCEEDED', 'IMAGE_DETACH SUCCEEDED', 'IMAGE_UPDATE SUCCEEDED', 'IMAGE_DELETE SUCCEEDED', 'SETTINGS_UPDATE SUCCEEDED']);
    // The others concern beta, or no datacenter any more.
    await forDora.count(4);
    expect(told(forDora)).toEqual([...mine, 'SETTINGS_UPDATE SUCCEEDED']);
    await Promise.all([forAdmin.stop(), forDora.stop()]);
  });

  it('tells how a task of the image server goes on, each step once and the end last', async () => {
    await world.imageServer('img01');
    const name = 'followed';
    const steps = await watch(world.admin, 'subscription { taskChanged { status phase bytesDone imageName } }', probe);
    await world.image(name, {}, { size: 300_000 });
    const ended = (): boolean => steps.events().some(({ taskChanged }) => taskChanged.imageName === name && taskChanged.status === 'SUCCEEDED');
    while (!ended()) await steps.count(steps.events().length + 1);
    const told = steps.events().filter(({ taskChanged }) => taskChanged.imageName === name).map(({ taskChanged }) => `${taskChanged.status} ${taskChanged.phase} ${taskChanged.bytesDone}`);
    expect(new Set(told).size).toBe(told.length);
    expect(told.at(-1)).toBe('SUCCEEDED DONE 300000');
    const order = ['PENDING', 'RUNNING', 'SUCCEEDED'];
    const reached = told.map((step) => order.indexOf(String(step.split(' ')[0])));
    expect(reached).toEqual([...reached].sort());
    await steps.stop();
    await world.imageServer(null);
  });

  it('tells nothing to who sees no entry', async () => {
    // Peter has no entry of his own; what he is told of is an image, so that it is known when all has been told.
    const [tasks, images] = [people.peter.socket(), await watch(people.peter, IMAGES, probe)];
    const heard: unknown[] = [];
    tasks.subscribe({ query: TASKS }, { next: (event) => void heard.push(event), error: (error) => void heard.push(error), complete: () => undefined });
    for (let at = 0; at < 5; at += 1) await world.image(`unheard-${at}`, { access: 'PUBLIC' });
    await images.count(5);
    expect(heard).toEqual([]);
    await Promise.all([images.stop(), tasks.dispose()]);
  });
});
