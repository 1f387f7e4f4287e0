import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { openDatabase } from '../../src/platform/database/database.js';
import { GatewayProcess, TestClient } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import { LocalWorld } from './local-world.js';

let world: LocalWorld;
let folder: TemporaryFolder;
let postgres: TestDatabase;

beforeAll(async () => {
  [folder, postgres, world] = await Promise.all([temporaryFolder(), createTestDatabase(), LocalWorld.start(2)]);
  for (const image of world.repository.images) await world.import(image);
});
afterAll(async () => {
  await world?.end();
  await postgres?.drop();
  await folder?.remove();
});

const source = (): string => `sqlite:${world.data.path}/gateway.sqlite`;

describe('copy-db', () => {
  it('moves a gateway to Postgres, and back to SQLite', async () => {
    const names = await world.servedImages();
    await world.gateway.stop();
    const there = await world.shell.json<{ table: string; rows: number; hash: string }[]>('copy-db', '--from', source(), '--to', postgres.url);
    expect(there).toEqual(expect.arrayContaining([expect.objectContaining({ table: 'image', rows: 2 })]));
    world.gateway = await GatewayProcess.start(world.data.path, { DATABASE_URL: postgres.url });
    world.admin = new TestClient(world.gateway.url, world.admin.key);
    expect(await world.servedImages()).toEqual(names);
    const { images } = await world.admin.run('{ images(filter: { search: "image-2" }) { nodes { name } } }');
    expect(images.nodes).toEqual([{ name: 'image-2' }]);
    await world.gateway.stop();
    const back = `sqlite:${folder.path}/back.sqlite`;
    const { code, stderr, stdout } = await world.shell.run('copy-db', '--from', postgres.url, '--to', back);
    expect([code, /^Copying image 100 %$/m.test(stderr), /^TABLE +ROWS +HASH$/m.test(stdout)]).toEqual([0, true, true]);
    world.gateway = await GatewayProcess.start(world.data.path, { DATABASE_URL: back });
    world.admin = new TestClient(world.gateway.url, world.admin.key);
    expect(await world.servedImages()).toEqual(names);
    const found = await world.admin.run('{ images(filter: { search: "image-1" }) { nodes { name } } }');
    expect(found.images.nodes).toEqual([{ name: 'image-1' }]);
    await world.gateway.stop();
  });

  it('refuses a target with rows, or of another program, a source that is not there, and a wrong call', async () => {
    expect(await world.shell.run('copy-db', '--from', source(), '--to', postgres.url)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^The target has rows; accepted: .+\n$/) as string });
    expect(await world.shell.run('copy-db', '--from', `sqlite:${folder.path}/none.sqlite`, '--to', postgres.url)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^--from sqlite:\S+: there is no such file/) as string });
    expect(await world.shell.run('copy-db', '--from', source(), '--to', 'postgres://x:secret@127.0.0.1:9/x')).toMatchObject({ code: 3, stderr: expect.stringMatching(/^--to postgres:\/\/127\.0\.0\.1:9\/x: (?!.*secret)/) as string });
    expect(await world.shell.run('copy-db', '--from', source(), '--to', source())).toMatchObject({ code: 2 });
    expect(await world.shell.run('copy-db', '--from', source(), '--to', 'mysql://nowhere')).toMatchObject({ code: 2, stderr: expect.stringContaining('--to ') as string });
    expect(await world.shell.run('copy-db', '--from', source())).toMatchObject({ code: 2 });
    const other = await openDatabase({ kind: 'sqlite', path: join(folder.path, 'other.sqlite') }, ENTITIES);
    await other.em.getConnection().execute('create table note (text text)');
    await other.close(true);
    expect(await world.shell.run('copy-db', '--from', source(), '--to', `sqlite:${folder.path}/other.sqlite`)).toMatchObject({ code: 1, stderr: expect.stringContaining('tables that are not of the gateway') as string });
    expect(await world.shell.run('copy-db', '--from', `sqlite:${folder.path}/other.sqlite`, '--to', `sqlite:${folder.path}/new.sqlite`)).toMatchObject({ code: 1, stderr: expect.stringContaining('The database of --from lacks migrations') as string });
  });
});

describe('a backup of SQLite', () => {
  it('is restored onto Postgres, and the other way round', async () => {
    const [first, second] = [join(folder.path, 'first'), join(folder.path, 'second')];
    expect(await world.shell.run('backup', '--to', first)).toMatchObject({ code: 0 });
    const onPostgres = world.shell.with({ DATABASE_URL: postgres.url, DATA_DIR: join(folder.path, 'data-1') });
    expect(await onPostgres.run('restore', '--from', first, '--replace')).toMatchObject({ code: 0 });
    expect(await onPostgres.run('verify-store')).toMatchObject({ code: 0 });
    expect(await onPostgres.run('backup', '--to', second)).toMatchObject({ code: 0 });
    const onSqlite = world.shell.with({ DATABASE_URL: '', DATA_DIR: join(folder.path, 'data-2') });
    expect(await onSqlite.run('restore', '--from', second)).toMatchObject({ code: 0 });
    expect(await onSqlite.run('verify-store')).toMatchObject({ code: 0 });
  });
});
