import { User } from '../../src/access/people/user.entity.js';
import { Image } from '../../src/images/image.entity.js';
import { ENTITIES } from '../../src/entities.js';
import { openDatabase, type SqlEntityManager } from '../../src/platform/database/database.js';
import { inTransaction } from '../../src/platform/database/in-transaction.js';
import { recordWork } from '../../src/tasks/runner/record-task.js';
import { taskUuid } from '../../src/tasks/task.type.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HeldServer, startHeldServer } from '../support/held-server.js';
import { World } from '../support/world.js';
import { type DataServer, diskBytes, startDataServer, whole } from '../virtual-servers/data-server.js';
import { createStarter, lose, LOSSES, type Loss, type Starter } from './starters.js';

const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }';
const CREATE = 'mutation ($input: CreateImageFromSnapshotInput!) { createImageFromSnapshot(input: $input) { task { id } } }';
const UPDATE = 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { task { id } } }';
const REFRESH = 'mutation ($name: String!) { refreshImageRepository(name: $name) { task { id } } }';
const SHOW = 'query ($name: String!) { image(name: $name) { status alias description tags file { sha1 } } }';
const losses = Object.keys(LOSSES) as Loss[];
/** A datacenter with a server cannot be deleted. */
const hasServer = (loss: Loss | null): boolean => loss !== 'lost the datacenter';

let world: World;
let data: DataServer;

beforeAll(async () => {
  data = await startDataServer(whole(diskBytes(20_000)));
  world = await World.start();
});
afterAll(async () => {
  await world?.close();
  await data?.close();
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A server with the snapshot `daily`; its host name. */
async function snapped(datacenter: string, dataUrl: string): Promise<string> {
  const hostname = world.unique('server');
  await world.server(hostname, { datacenter });
  await world.snapshot(hostname, 'daily', { dataUrl });
  return hostname;
}

async function repositoryState(name: string): Promise<{ status: string; error: string | null; imageCount: number }> {
  return (await world.admin.run('query ($name: String!) { imageRepository(name: $name) { status error imageCount } }', { name })).imageRepository;
}

/** The newest load of a repository: its task, which the mutation answers only once it has ended. */
async function loadOf(repository: string): Promise<string | null> {
  const { tasks } = await world.admin.run('{ tasks(action: [REPOSITORY_REFRESH], first: 200) { nodes { id repository { name } } } }');
  return tasks.nodes.find((task: { repository: { name: string } | null }) => task.repository?.name === repository)?.id ?? null;
}

describe('a task that a killed process left, when its starter may not have it done any more', { timeout: 120_000 }, () => {
  interface Named {
    name: string;
    uuid: string;
  }
  interface Case {
    loss: Loss | null;
    starter: Starter;
    hostname: string | null;
    updated: Named;
    deleted: Named;
    imported: Named;
    created: string;
    repository: string;
    tasks: Record<string, string>;
  }
  const cases: Case[] = [];

  async function prepared(loss: Loss | null): Promise<Case> {
    const starter = await createStarter(world, loss);
    const { datacenter } = starter;
    const name = world.unique();
    return {
      loss,
      starter,
      hostname: hasServer(loss) ? await snapped(datacenter, data.url) : null,
      updated: await world.image(undefined, { datacenter }),
      deleted: await world.image(undefined, { datacenter }),
      imported: { name, uuid: world.offer({ name, version: name }).manifest.uuid },
      created: world.unique(),
      repository: await world.addRepository(world.unique('repository')),
      tasks: {},
    };
  }

  /** Everything but the deletion is carried out. */
  async function carryOut({ starter, hostname, updated, imported, created, repository, tasks }: Case): Promise<void> {
    const { client } = starter;
    const input = { name: imported.name, manifestUrl: `${world.repository.url}/images/${imported.uuid}`, datacenter: starter.datacenter };
    tasks.import = (await client.run(IMPORT, { input })).importImage.task.id;
    tasks.update = (await client.run(UPDATE, { input: { name: updated.name, alias: `${updated.name}-new`, description: 'new', tags: ['new'] } })).updateImage.task.id;
    if (hostname !== null) tasks.create = (await client.run(CREATE, { input: { server: hostname, snapshot: 'daily', name: created } })).createImageFromSnapshot.task.id;
    tasks.refresh = (await client.run(REFRESH, { name: repository })).refreshImageRepository.task.id;
    for (const id of Object.values(tasks)) expect(await client.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
  }

  /** The rows as they were just before the last step of each task, and the deletion as it is before its first. */
  async function turnBack(em: SqlEntityManager, { starter, hostname, deleted, repository, tasks }: Case): Promise<void> {
    const run = async (sql: string, values: unknown[]): Promise<unknown> => em.getConnection().execute(sql, values);
    const { id: userId } = await em.findOneOrFail(User, { username: starter.username });
    const image = await em.findOneOrFail(Image, { name: deleted.name });
    const facts = { action: 'IMAGE_DELETE', userId, tokenGroups: [], imageId: image.id, imageName: deleted.name, detail: {} } as const;
    tasks.delete = await inTransaction(em, async (tx) => recordWork(tx, facts, { instructions: { uuid: deleted.uuid } }, () => undefined));
    for (const id of Object.values(tasks).map(taskUuid)) {
      await run("update task set status = 'PENDING', finished_at = null, phase = 'PUBLISHING' where id = ?", [id]);
      await run("update image set status = 'PENDING' where id = (select image_id from task where id = ?)", [id]);
    }
    await run("update image_repository set status = 'LOADING' where name = ?", [repository]);
    if (hostname !== null) await run("update snapshot set status = 'PENDING' where server_id = (select id from virtual_server where hostname = ?)", [hostname]);
  }

  beforeAll(async () => {
    for (const loss of [null, ...losses]) cases.push(await prepared(loss));
    for (const one of cases) await carryOut(one);
    for (const { loss, starter } of cases) if (loss !== null) await lose(world, loss, starter);
    await world.restart(async (target) => {
      const database = await openDatabase(target, ENTITIES);
      for (const one of cases) await turnBack(database.em.fork(), one);
      await database.close();
    });
  }, 120_000);

  const caseOf = (loss: Loss | null): Case => cases.find((one) => one.loss === loss)!;
  const outcomes = async ({ tasks }: Case): Promise<string[]> =>
    Promise.all(
      Object.values(tasks).map(async (id) => {
        const { status, errorCode } = await world.admin.ended(id);
        return errorCode === null ? status : `${status} ${errorCode}`;
      }),
    );

  it('goes on for a starter who lost nothing', async () => {
    const one = caseOf(null);
    expect(new Set(await outcomes(one))).toEqual(new Set(['SUCCEEDED']));
    const names = await world.imageNames();
    expect(names).toEqual(expect.arrayContaining([one.imported.name, one.created]));
    expect(names).not.toContain(one.deleted.name);
    expect((await world.admin.run(SHOW, { name: one.updated.name })).image).toMatchObject({ status: 'OK', description: 'new' });
  });

  it.each(losses)('ends FORBIDDEN and leaves nothing when the starter %s', async (loss) => {
    const { updated, deleted, imported, created, repository, hostname, ...one } = caseOf(loss);
    expect(new Set(await outcomes({ updated, deleted, imported, created, repository, hostname, ...one }))).toEqual(new Set(['FAILED FORBIDDEN']));
    const names = await world.imageNames();
    expect(names).not.toContain(imported.name);
    expect(names).not.toContain(created);
    expect((await world.admin.run(SHOW, { name: updated.name })).image).toMatchObject({ status: 'OK', alias: updated.name, description: `The image ${updated.name}`, tags: [] });
    expect(await world.storedManifest(updated.uuid)).toContain(`"description": "The image ${updated.name}"`);
    expect((await world.admin.run(SHOW, { name: deleted.name })).image).toMatchObject({ status: 'OK', file: { sha1: expect.any(String) } });
    expect(await repositoryState(repository)).toMatchObject({ status: 'OK', error: null });
    const stored = await world.stored();
    expect(stored.filter((entry) => entry.includes(imported.uuid))).toEqual([]);
    expect(stored).toEqual(expect.arrayContaining([updated.uuid, deleted.uuid]));
    expect(hostname === null ? 'OK' : await world.snapshotStatus(hostname, 'daily')).toBe('OK');
  });

  it('leaves no bytes of images that are not there', async () => {
    for (const one of cases) await outcomes(one);
    const { images } = await world.admin.run('{ images(showAll: true, first: 200) { nodes { uuid } } }');
    expect((await world.stored()).sort()).toEqual(images.nodes.map((image: { uuid: string }) => image.uuid).sort());
  });

  it('says who may do what no more, in the third person', async () => {
    const { tasks, starter } = caseOf('is in a group with fewer permissions');
    const { error } = await world.admin.ended(tasks.update!);
    expect(error).toBe(`${starter.username} may no longer update this image. ${starter.username} needs ADMIN and IMAGE_ADMIN together in datacenter ${starter.datacenter}.`);
    const closed = caseOf('is deactivated');
    expect((await world.admin.ended(closed.tasks.delete!)).error).toBe(`The account ${closed.starter.username} that asked for this is not active any more.`);
  });
});

/** Loses the right once the task has half of its bytes, and lets it go on. */
async function loseMeanwhile(loss: Loss, starter: Starter, held: HeldServer, taskId: string): Promise<{ status: string; errorCode: string | null }> {
  await held.held;
  await lose(world, loss, starter);
  held.release();
  return world.admin.ended(taskId);
}

describe.each(losses)('a task that runs while its starter %s', (loss) => {
  it('publishes no import', async () => {
    const [held, starter] = [await startHeldServer(world.unique()), await createStarter(world, loss)];
    const name = world.unique();
    const input = { name, manifestUrl: held.manifestUrl, datacenter: starter.datacenter };
    const { importImage } = await starter.client.run(IMPORT, { input });
    expect(await loseMeanwhile(loss, starter, held, importImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'FORBIDDEN' });
    expect(await world.imageNames()).not.toContain(name);
    expect((await world.stored()).filter((entry) => entry.includes(held.image.manifest.uuid))).toEqual([]);
    await held.close();
  });

  it('shows no new list of a repository', async () => {
    const [held, starter] = [await startHeldServer(world.unique()), await createStarter(world, loss)];
    const repository = await world.addRepository(world.unique('repository'), held.url);
    void starter.client.send(REFRESH, { name: repository });
    await until(async () => (await loadOf(repository)) !== null);
    expect(await loseMeanwhile(loss, starter, held, (await loadOf(repository)) ?? '')).toMatchObject({ status: 'FAILED', errorCode: 'FORBIDDEN' });
    expect(await repositoryState(repository)).toEqual({ status: 'NEVER_LOADED', error: null, imageCount: 0 });
    await held.close();
  });
});

it.each(losses.filter(hasServer))('a task whose starter %s publishes no image of a snapshot', async (loss) => {
  const [held, starter] = [await startHeldServer(world.unique()), await createStarter(world, loss)];
  const name = world.unique();
  const hostname = await snapped(starter.datacenter, `${held.url}/data`);
  const before = await world.stored();
  const { createImageFromSnapshot } = await starter.client.run(CREATE, { input: { server: hostname, snapshot: 'daily', name } });
  expect(await loseMeanwhile(loss, starter, held, createImageFromSnapshot.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'FORBIDDEN' });
  expect(await world.imageNames()).not.toContain(name);
  expect(await world.stored()).toEqual(before);
  expect(await world.snapshotStatus(hostname, 'daily')).toBe('OK');
  await held.close();
});

it('a server that moved meanwhile takes its image out of the hands of who began it', async () => {
  const [held, starter] = [await startHeldServer(world.unique()), await createStarter(world, null)];
  const hostname = await snapped(starter.datacenter, `${held.url}/data`);
  const { createImageFromSnapshot } = await starter.client.run(CREATE, { input: { server: hostname, snapshot: 'daily', name: world.unique() } });
  await held.held;
  const { server } = await world.admin.run('query ($hostname: String!) { server(hostname: $hostname) { uuid } }', { hostname });
  await world.admin.run('mutation ($input: UpdateServerInput!) { updateServer(input: $input) { uuid } }', { input: { uuid: server.uuid, datacenter: 'main' } });
  held.release();
  expect(await world.admin.ended(createImageFromSnapshot.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'FORBIDDEN' });
  await held.close();
});

it('an image that was to get its file keeps being without one', async () => {
  const [held, starter] = [await startHeldServer(world.unique()), await createStarter(world, null)];
  const input = { name: world.unique(), manifestUrl: held.manifestUrl, datacenter: starter.datacenter };
  await world.imageServer(null);
  await starter.client.run(IMPORT, { input });
  await world.imageServer('img01');
  const { importImage } = await starter.client.run(IMPORT, { input });
  expect(await loseMeanwhile('left the group', starter, held, importImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'FORBIDDEN' });
  expect((await world.admin.run(SHOW, { name: input.name })).image).toMatchObject({ status: 'OK', file: null });
  expect((await world.stored()).filter((entry) => entry.includes(held.image.manifest.uuid))).toEqual([]);
  await held.close();
});
