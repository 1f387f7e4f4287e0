import { createHash, randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderOfImage } from '../support/stored-image.js';
import { LocalWorld } from './local-world.js';

let world: LocalWorld;
let store: string;

beforeAll(async () => {
  world = await LocalWorld.start(3);
  for (const image of world.repository.images) await world.import(image);
  store = join(world.data.path, 'images');
  for (const { manifest } of world.repository.images) folders.push((await folderOfImage(store, manifest.uuid)).slice(store.length + 1));
});
afterAll(async () => world?.end());

interface Finding {
  name: string;
  finding: string;
  isWrong: boolean;
}

async function verify(): Promise<{ code: number; findings: Finding[] }> {
  const { code, stdout } = await world.shell.run('verify-store', '-o', 'json');
  return { code, findings: JSON.parse(stdout) as Finding[] };
}

/** Every file of the store, with its hash. */
async function contents(): Promise<string[]> {
  const files = (await readdir(store, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(files.toSorted().map(async (path) => `${path} ${createHash('sha256').update(await readFile(path)).digest('hex')}`));
}

/** Places an image by hand, with the manifest of what may be another file. */
async function placePair(folder: string, said: string, bytes: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'file'), bytes);
  await writeFile(join(folder, 'manifest'), JSON.stringify({ files: [{ size: said.length, sha1: createHash('sha1').update(said).digest('hex') }] }));
}

/** Of an image, the folder of its file; names as the command shows them. */
const folders: string[] = [];
const folderOf = (at: number): string => folders[at] ?? '';
const uuidOf = (at: number): string => world.repository.images[at]?.manifest.uuid ?? '';

describe('verify-store', () => {
  it('finds nothing wrong beside a running gateway, tells how it goes on, and changes nothing', async () => {
    const before = await contents();
    expect(await world.shell.run('verify-store')).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^Verifying 100 %\n3 files of \d+ bytes were hashed\.$/m) as string });
    expect(await verify()).toEqual({ code: 0, findings: [] });
    expect(await contents()).toEqual(before);
  });

  it.each<[what: string, changes: readonly [name: () => string, finding: string, change: (path: string) => Promise<unknown>][]]>([
    ['bytes', [
      [() => folderOf(0), 'missing bytes', async (path) => rm(`${path}/file`)],
      [() => folderOf(1), 'wrong size', async (path) => writeFile(`${path}/file`, 'short')],
      [() => folderOf(2), 'wrong hash', async (path) => writeFile(`${path}/file`, Buffer.alloc((await readFile(`${path}/file`)).length))],
    ]],
    ['manifests', [
      [() => folderOf(0), 'missing manifest', async (path) => rm(`${path}/manifest`)],
      [() => folderOf(1), 'wrong manifest', async (path) => writeFile(`${path}/manifest`, '{"files":[{"size":1,"sha1":"x"}]}')],
      [() => folderOf(2), 'wrong manifest', async (path) => writeFile(`${path}/manifest`, 'no JSON')],
    ]],
    ['files of nobody', [
      [() => 'notes.txt', 'stray', async (path) => writeFile(path, 'mine')],
      [() => `${uuidOf(0)}/notes.txt`, 'stray', async (path) => writeFile(path, 'mine')],
      [() => `${folderOf(0)}/notes.txt`, 'stray', async (path) => writeFile(path, 'mine')],
      [() => `${uuidOf(1)}`, 'stray', async (path) => placePair(path, 'said', 'said')],
      [() => `${uuidOf(2)}/00000000-0000-4000-8000-000000000004-1`, 'stray', async (path) => placePair(path, 'said', 'said')],
      [() => '00000000-0000-4000-8000-000000000001', 'stray', mkdir],
      [() => '00000000-0000-4000-8000-000000000002.partial', 'stray', mkdir],
      [() => '00000000-0000-4000-8000-000000000003', 'wrong manifest', async (path) => placePair(path, 'said', 'other')],
      [() => '00000000-0000-4000-8000-000000000005', 'wrong manifest', async (path) => placePair(path, 'said', 'said').then(async () => truncate(join(path, 'manifest'), 2 ** 20 + 1))],
    ]],
  ])('finds what is wrong: %s', async (_what, changes) => {
    await cp(store, `${store}.before`, { recursive: true });
    for (const [name, , change] of changes) await change(join(store, name()));
    const { code, findings } = await verify();
    const found = findings.map(({ name, finding, isWrong }) => `${name} ${finding} ${isWrong}`);
    expect([code, found.toSorted()]).toEqual([1, changes.map(([name, finding]) => `${name()} ${finding} true`).toSorted()]);
    await rm(store, { recursive: true });
    await rename(`${store}.before`, store);
  });

  it('shows pairs that were placed by hand, which are not wrong', async () => {
    const folder = join(store, randomUUID());
    await placePair(folder, 'bytes', 'bytes');
    expect(await verify()).toMatchObject({ code: 0, findings: [{ finding: 'placed by hand', isWrong: false }] });
    await rm(folder, { recursive: true });
  });

  it('shows files that the database does not know, as after a restore of it alone, which are not wrong', async () => {
    const folder = join(store, randomUUID());
    await placePair(join(folder, `${randomUUID()}-1`), 'bytes', 'bytes');
    expect(await verify()).toMatchObject({ code: 0, findings: [{ finding: 'not in the catalogue', isWrong: false }] });
    await rm(folder, { recursive: true });
  });

  it('refuses a wrong call, and a database that is not there', async () => {
    expect(await world.shell.run('verify-store', 'now')).toMatchObject({ code: 2 });
    expect(await world.shell.with({ DATABASE_URL: `sqlite:${world.data.path}/none.sqlite` }).run('verify-store')).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no such file') as string });
    expect(await world.shell.with({ DATABASE_URL: 'postgres://x:secret@127.0.0.1:9/x' }).run('verify-store')).toMatchObject({ code: 3, stderr: expect.not.stringContaining('secret') as string });
  });
});
