import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandRunner } from '../cli/run-command.js';
import { ENTITIES } from '../../src/entities.js';
import { type DatabaseTarget, openDatabase } from '../../src/platform/database/database.js';
import { databaseOf } from '../support/gateway.js';
import { startHeldServer } from '../support/held-server.js';
import { World } from '../support/world.js';

const DELETE = 'mutation { deleteImage(input: { name: "kept" }) { name } }';
const UPDATE = 'mutation { updateImage(input: { name: "kept", description: "new" }) { task { id } } }';
const VERIFY = 'mutation { verifyImage(name: "kept") { task { id } } }';
const SHOW = '{ image(name: "kept") { status description file { size available } } }';

let world: World;
let store: string;
let away: string;

beforeAll(async () => {
  world = await World.start();
  store = join(world.folder.path, 'images');
  away = join(world.folder.path, 'away');
  await world.image('kept');
});
afterAll(() => world?.close());
/** Each test finds the store where it was. */
beforeEach(async () => {
  if (!existsSync(away)) return;
  await rm(store, { recursive: true, force: true });
  await rename(away, store);
});

const idOf = async (folder: string): Promise<string> => (await readFile(join(folder, '.store-id'), 'utf8')).trim();

async function recordedId(target: DatabaseTarget): Promise<string | null> {
  const database = await openDatabase(target, ENTITIES);
  const [row] = (await database.em.getConnection().execute('select store_id from global_settings')) as { store_id: string | null }[];
  await database.close(true);
  return row?.store_id ?? null;
}

async function execute(target: DatabaseTarget, statement: string): Promise<void> {
  const database = await openDatabase(target, ENTITIES);
  await database.em.getConnection().execute(statement);
  await database.close(true);
}

async function forgetId(target: DatabaseTarget): Promise<void> {
  await execute(target, 'update global_settings set store_id = null');
}

/** What each change is answered while the store is not the right one; reads go on. */
async function expectMismatch(reason: string): Promise<void> {
  const refusal = (await world.import(world.unique(), {})).errors[0];
  expect(refusal).toMatchObject({ extensions: { code: 'STORE_MISMATCH' }, message: expect.stringContaining(reason) as string });
  for (const change of [DELETE, UPDATE, VERIFY]) expect(await world.admin.code(change)).toBe('STORE_MISMATCH');
  expect(await world.admin.run(SHOW)).toEqual({ image: { status: 'OK', description: expect.any(String) as string, file: { size: 4096, available: false } } });
  expect(await world.admin.run('{ imageServer { available } }')).toEqual({ imageServer: { available: false } });
  await expect.poll(async () => (await fetch(`${world.gateway.url}/readyz`)).json(), { timeout: 10_000 }).toEqual({ status: 'not ready', notReady: ['store'] });
  expect(await world.admin.code('mutation { refreshImageRepository(name: "img01") { removed } }')).toBe('STORE_MISMATCH');
}

describe('an image store', () => {
  it('gets an id at the first start, the same in the database', async () => {
    expect(await idOf(store)).toMatch(/^[0-9a-f-]{36}$/);
    expect(await recordedId(databaseOf(world.folder))).toBe(await idOf(store));
    expect(await world.admin.run(SHOW)).toMatchObject({ image: { file: { available: true } } });
  });

  it('that was unmounted is not written to and not made anew, not by a start either', async () => {
    await rename(store, away);
    await mkdir(store);
    await expectMismatch('it has no id');
    await rm(store, { recursive: true });
    await expectMismatch('there is no such folder');
    await world.restart();
    await expectMismatch('there is no such folder');
    expect(existsSync(store)).toBe(false);
    await rename(away, store);
    expect(await world.admin.run(SHOW)).toMatchObject({ image: { file: { available: true } } });
    await world.image(world.unique('again'));
  });

  it('of another catalogue is told apart', async () => {
    await rename(store, away);
    await mkdir(store);
    const other = randomUUID();
    await writeFile(join(store, '.store-id'), other);
    await expectMismatch(`its id is ${other}`);
    expect(await readdir(store)).toEqual(['.store-id']);
  });

  it('that goes away while an image is imported ends the task, and gets no byte in its place', async () => {
    const held = await startHeldServer('interrupted');
    const { data } = await world.import('interrupted', {}, { ...held.image, uuid: held.image.manifest.uuid, manifestUrl: held.manifestUrl });
    await held.held;
    await rename(store, away);
    await mkdir(store);
    held.release();
    expect(await world.admin.ended(data?.importImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'STORE_MISMATCH' });
    expect(await readdir(store)).toEqual([]);
    await held.close();
  });

  it('that was written before stores had an id is taken over, but no empty one in its place', async () => {
    await rm(join(store, '.store-id'));
    await rename(store, away);
    await mkdir(store);
    await world.restart(forgetId);
    await expectMismatch('it has no file of the images of the catalogue');
    expect(await readdir(store)).toEqual([]);
    await rm(store, { recursive: true });
    await rename(away, store);
    await world.restart();
    expect(await recordedId(databaseOf(world.folder))).toBe(await idOf(store));
    await world.image(world.unique('after'));
  });
});

describe('an image store without images', () => {
  const importWorks = async (gateway: World): Promise<string> => (await gateway.import(gateway.unique())).errors[0]?.extensions.code ?? 'data';

  it('that another catalogue has begun with is refused, and one whose first start was killed in between is not', async () => {
    await using first = await World.start();
    const path = join(first.folder.path, 'images');
    await using second = await World.start({ settings: { IMAGE_STORE: `file:${path}` } });
    expect((await second.import(second.unique())).errors[0]).toMatchObject({ message: expect.stringContaining(`it has the id (${await idOf(path)}) of another catalogue`) as string, extensions: { code: 'STORE_MISMATCH' } });
    expect(await importWorks(first)).toBe('data');
    const proposal = (await idOf(path)).replaceAll('-', '');
    await execute(databaseOf(second.folder), `update global_settings set store_id = '${proposal}'`);
    expect(await importWorks(second)).toBe('data');
    expect(await recordedId(databaseOf(second.folder))).toBe(await idOf(path));
  });
});

describe('an image store that refuses a file', () => {
  it('ends the import with its reason, and is not taken for an internal error', async () => {
    const held = await startHeldServer('refused');
    const { uuid } = held.image.manifest;
    const { data } = await world.import('refused', {}, { ...held.image, uuid, manifestUrl: held.manifestUrl });
    await held.held;
    const attempts = async (): Promise<string[]> => (existsSync(join(store, uuid)) ? readdir(join(store, uuid)) : []);
    await expect.poll(attempts).toHaveLength(1);
    await mkdir(join(store, uuid, (await attempts())[0] ?? '', 'file', 'in-the-way'), { recursive: true });
    held.release();
    expect(await world.admin.ended(data?.importImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'IMAGE_SERVER_UNAVAILABLE', error: expect.stringMatching(/The image store .+ cannot be used: (EISDIR|ENOTEMPTY|EEXIST)/) as string });
    await expect.poll(async () => existsSync(join(store, uuid))).toBe(false);
    await held.close();
  });
});

describe('image-gateway store adopt', () => {
  const runner = (): CommandRunner => {
    const target = databaseOf(world.folder);
    return new CommandRunner({ DATA_DIR: world.folder.path, ...(target.kind === 'postgres' && { DATABASE_URL: target.url }) });
  };

  it('only counts in a dry run', async () => {
    await rename(store, away);
    expect(await runner().json('store', 'adopt', '--dry-run')).toMatchObject({ id: null, filesThere: 0, path: store });
    expect(existsSync(store)).toBe(false);
    await expectMismatch('there is no such folder');
  });

  it('makes a new store that of the catalogue, also beside a running gateway, and the old one again', async () => {
    await rename(store, away);
    const { id } = await runner().json<{ id: string }>('store', 'adopt');
    expect(await idOf(store)).toBe(id);
    const { uuid } = await world.image(world.unique('new'));
    expect(await readdir(store)).toContain(uuid);
    expect(await world.admin.run(SHOW)).toMatchObject({ image: { status: 'OK', file: { available: false } } });
    await rm(store, { recursive: true });
    await rename(away, store);
    expect(await world.admin.code(UPDATE)).toBe('STORE_MISMATCH');
    const back = await runner().run('store', 'adopt');
    expect(back).toMatchObject({ code: 0, stdout: expect.stringMatching(/\d+ of the \d+ files of its images are there\.\n$/) as string });
    expect(await world.admin.run(SHOW)).toMatchObject({ image: { file: { available: true } } });
  });

  it('is called wrongly with more words', async () => {
    expect(await runner().run('store', 'adopt', 'now')).toMatchObject({ code: 2 });
    expect(await runner().run('store')).toMatchObject({ code: 2 });
  });
});
