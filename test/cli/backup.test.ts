import { once } from 'node:events';
import { appendFile, chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE } from '../support/database.js';
import { freshFolder } from '../support/gateway.js';
import { makeImage } from '../support/imgapi-repository.js';
import { folderOfImage } from '../support/stored-image.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import { listOf, LocalWorld, settingsOf } from './local-world.js';

let world: LocalWorld;
let folder: TemporaryFolder;
let backup: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  backup = join(folder.path, 'backup');
  world = await LocalWorld.start(5);
  for (const image of world.repository.images.slice(0, 3)) await world.import(image);
});
afterAll(async () => {
  await world?.end();
  await folder?.remove();
});

async function modes(path: string): Promise<string[]> {
  const names = (await readdir(path, { recursive: true })).filter((name) => !name.startsWith('lock.sqlite'));
  return Promise.all(names.map(async (name) => ((await stat(join(path, name))).mode & 0o777).toString(8)));
}

/** A shell over an empty folder, and an empty database. */
async function elsewhere(): Promise<{ data: TemporaryFolder; shell: LocalWorld['shell'] }> {
  const data = await freshFolder();
  return { data, shell: world.shell.with(settingsOf(data)) };
}

describe('backup', () => {
  it('beside a gateway under load has every image that its database calls OK', async () => {
    const token = (await world.shell.run('token', 'admin')).stdout.trim();
    const end = new AbortController();
    const load = (async () => {
      const [, , , ...others] = world.repository.images;
      for (const image of others) await world.import(image);
      for (let turn = 0; !end.signal.aborted; turn += 1) {
        const image = makeImage({ name: `turn-${turn}`, version: '1', size: 50_000 });
        world.repository.images.push(image);
        await world.import(image);
        if (turn % 2 === 0) await world.delete(`turn-${turn}`);
      }
    })();
    const underLoad = await world.shell.run('backup', '--to', `${backup}-under-load`);
    end.abort();
    expect(underLoad).toMatchObject({ code: 0, stderr: expect.not.stringContaining('\u001b') as string });
    await load;
    expect(await world.shell.run('backup', '--to', backup)).toMatchObject({ code: 0 });
    const names = await world.servedImages();

    const trial = await elsewhere();
    expect(await trial.shell.run('restore', '--from', `${backup}-under-load`)).toMatchObject({ code: 0 });
    expect(await trial.shell.run('verify-store')).toMatchObject({ code: 0 });
    await trial.data.remove();

    // As docs/operations.md tells: the disk is lost, and a new one is there.
    await world.gateway.kill();
    await rm(world.data.path, { recursive: true });
    const lost = world.data;
    const { data, shell } = await elsewhere();
    expect(await shell.run('restore', '--from', backup)).toMatchObject({ code: 0, stdout: expect.stringContaining('restored') as string });
    await world.moveTo({ data, shell });
    expect(await world.servedImages()).toEqual(names);
    expect(await shell.with({ GATEWAY_URL: world.gateway.url, GATEWAY_KEY: token }).json('whoami')).toMatchObject({ user: { username: 'admin' } });
    await lost.remove();
  });

  it('done again copies only what is new, and can be read by its owner alone', async () => {
    expect(await world.shell.json('backup', '--to', backup)).toMatchObject({ deleted: [], missing: [], damaged: [], secret: true });
    const again = await world.shell.json<{ bytesCopied: number; images: number }>('backup', '--to', backup);
    expect(again).toMatchObject({ bytesCopied: 0 });
    expect(new Set(await modes(backup))).toEqual(new Set(['600', '700']));
    const names = await readdir(backup);
    expect(names.filter((name) => /^(database|jwt-secret)-/.test(name))).toHaveLength(2);
    await world.import(makeKnown('another'));
    const { images } = await world.shell.json<{ images: number }>('backup', '--to', backup);
    expect(images).toBe(again.images + 1);
  });

  it('that is killed is never taken for a whole one, and leaves the one before whole', async () => {
    const killed = join(folder.path, 'killed');
    await killBackup(killed, async () => (await readdir(killed).catch((): string[] => [])).includes('lock.sqlite'));
    const { data, shell } = await elsewhere();
    expect(await shell.run('restore', '--from', killed)).toMatchObject({ code: 1, stderr: expect.stringContaining('this is no whole backup') as string });
    const known = (await listOf(backup)).database.name;
    await killBackup(backup, async () => (await readdir(backup)).some((name) => name.startsWith('database-') && !name.startsWith(known)));
    expect(await shell.run('restore', '--from', backup)).toMatchObject({ code: 0 });
    expect(await world.shell.run('backup', '--to', killed)).toMatchObject({ code: 0 });
    expect((await readdir(killed)).filter((name) => /unfinished|-wal/.test(name))).toEqual([]);
    await data.remove();
  });

  it('refuses a folder with anything else, a file, and a wrong call', async () => {
    const other = join(folder.path, 'other');
    await writeFile(other, 'a file');
    expect(await world.shell.run('backup', '--to', other)).toMatchObject({ code: 1, stderr: `--to ${other}: this is a file where a folder is needed.\n` });
    expect(await world.shell.run('backup', '--to', folder.path)).toMatchObject({ code: 1, stderr: expect.stringContaining('which is of no backup') as string });
    expect(await world.shell.run('backup')).toMatchObject({ code: 2 });
    expect(await world.shell.with({ DATABASE_URL: 'postgres://x:secret@127.0.0.1:9/x' }).run('backup', '--to', join(folder.path, 'none'))).toMatchObject({ code: 3, stderr: expect.not.stringContaining('secret') as string });
    expect(await world.shell.with({ DATABASE_URL: `sqlite:${folder.path}/none.sqlite` }).run('backup', '--to', join(folder.path, 'none'))).toMatchObject({ code: 1, stderr: expect.stringContaining('no such file') as string });
  });

  it('says which images have no bytes or wrong ones, and backs up the others', async () => {
    const { data, shell } = await elsewhere();
    await shell.run('restore', '--from', backup);
    const [first, second] = (await readdir(join(data.path, 'images'))).filter((name) => name !== '.store-id');
    const images = join(data.path, 'images');
    await rm(join(await folderOfImage(images, first ?? ''), 'file'));
    await appendFile(join(await folderOfImage(images, second ?? ''), 'file'), 'more');
    const placed = join(images, '00000000-0000-4000-8000-000000000001');
    await mkdir(placed);
    await writeFile(join(placed, 'file'), 'by hand');
    await writeFile(join(placed, 'manifest'), Buffer.alloc(2 ** 20 + 1));
    const partly = join(folder.path, 'partly');
    const { code, stderr } = await shell.run('backup', '--to', partly);
    expect([code, stderr.includes(`Image ${first} has no bytes`), stderr.includes(`Image ${second} has other bytes`), stderr.includes('000000000001 was placed by hand and has a manifest above 1 MiB')]).toEqual([1, true, true, true]);
    expect((await listOf(partly)).images).toHaveLength((await listOf(backup)).images.length - 2);
    await data.remove();
  });
});

describe('restore', () => {
  it('refuses while a gateway runs, and what is not empty', async () => {
    expect(await world.shell.run('restore', '--from', backup, '--replace')).toMatchObject({ code: 1, stderr: expect.stringContaining('stop it first') as string });
    const { data, shell } = await elsewhere();
    expect(await shell.run('restore', '--from', backup)).toMatchObject({ code: 0 });
    expect(await shell.run('restore', '--from', backup)).toMatchObject({ code: 1, stderr: expect.stringContaining('has rows; accepted: an empty one, or --replace') as string });
    await data.remove();
  });

  it('by root tells how the files get the owner of the folder', async (context) => {
    if (process.getuid?.() !== 0) context.skip('only root restores for another user');
    const { data, shell } = await elsewhere();
    await chown(data.path, 65534, 65534);
    expect(await shell.run('restore', '--from', backup)).toMatchObject({ code: 0, stderr: expect.stringContaining(`chown -R --reference='${data.path}' '${data.path}/'\n`) as string });
    await data.remove();
  });

  it('refuses while a gateway in another folder is connected', async () => {
    const beside = await temporaryFolder();
    const { code, stderr } = await world.shell.with({ DATA_DIR: beside.path }).run('restore', '--from', backup, '--replace');
    expect([code, stderr]).toEqual([1, DATABASE === 'sqlite' ? 'Another process has the database open; stop all processes of the gateway first.\n' : 'A gateway is connected to this database; stop all processes of the gateway first.\n']);
    await beside.remove();
  });

  it('with --replace goes back to the backup, and loses nothing when it fails', async () => {
    const before = await world.servedImages();
    expect(await world.shell.run('backup', '--to', backup)).toMatchObject({ code: 0 });
    await world.delete('another');
    await world.import(makeKnown('later'));
    await world.gateway.stop();
    const image = (await listOf(backup)).images.find(({ uuid }) => uuid === world.repository.images[0]?.manifest.uuid);
    const damaged = join(backup, 'files', image?.file.sha256 ?? '');
    const stored = join(await folderOfImage(join(world.data.path, 'images'), image?.uuid ?? ''), 'file');
    const bytes = await readFile(damaged);
    await writeFile(damaged, Buffer.alloc(bytes.length));
    await writeFile(stored, 'other bytes');
    expect(await world.shell.run('restore', '--from', backup, '--replace')).toMatchObject({ code: 1, stderr: expect.stringContaining('The backup is damaged') as string });
    expect(await readFile(stored, 'utf8')).toBe('other bytes');
    await writeFile(stored, bytes);
    await world.start();
    expect(await world.servedImages()).toEqual([...before.filter((name) => name !== 'another'), 'later'].sort());
    await world.gateway.stop();
    await writeFile(stored, 'other bytes');
    await writeFile(damaged, bytes);
    expect(await world.shell.run('restore', '--from', backup, '--replace')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^OTHER IMAGES +1$/m) as string });
    await world.start();
    expect(await world.servedImages()).toEqual(before);
  });

  it('refuses a backup of a newer version, one that is no backup, and a damaged list', async () => {
    const { data, shell } = await elsewhere();
    const list = await listOf(backup);
    const copy = await temporaryFolder();
    const refused = async (text: string) => {
      await writeFile(join(copy.path, 'backup.json'), text);
      return shell.run('restore', '--from', copy.path);
    };
    expect(await refused(JSON.stringify({ ...list, migrations: [...list.migrations, '2099-01-01-future'] }))).toMatchObject({ code: 1, stderr: expect.stringContaining('the backup of a newer image-gateway') as string });
    expect(await refused(JSON.stringify({ ...list, format: 9 }))).toMatchObject({ code: 1, stderr: expect.stringContaining('newer image-gateway (format 9') as string });
    expect(await refused(JSON.stringify({ ...list, database: { ...list.database, name: '../../etc/passwd' } }))).toMatchObject({ code: 1, stderr: expect.stringContaining('is damaged') as string });
    expect(await refused('{')).toMatchObject({ code: 1, stderr: expect.stringContaining('is damaged') as string });
    expect(await shell.run('restore', '--from', join(copy.path, 'none'))).toMatchObject({ code: 1 });
    expect(await shell.run('restore')).toMatchObject({ code: 2 });
    await Promise.all([data.remove(), copy.remove()]);
  });
});

/** Kills a backup once it is so far, unless it ended before. */
async function killBackup(to: string, isSoFar: () => Promise<boolean>): Promise<void> {
  const child = world.shell.start('backup', '--to', to);
  const ended = once(child, 'exit');
  while (child.exitCode === null && !(await isSoFar())) await sleep(1);
  child.kill('SIGKILL');
  await ended;
}

/** An image that the repository offers from now on. */
function makeKnown(name: string) {
  const image = makeImage({ name, version: '1', size: 10_000 });
  world.repository.images.push(image);
  return image;
}
