import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalWorld } from './local-world.js';

let world: LocalWorld;
let store: string;

beforeAll(async () => {
  world = await LocalWorld.start(3);
  for (const image of world.repository.images) await world.import(image);
  store = join(world.data.path, 'images');
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

/** Runs a check with something changed in the store, and changes it back. */
async function withChange(path: string, change: (path: string) => Promise<unknown>, check: () => Promise<void>): Promise<void> {
  const before = await readFile(path).catch(() => null);
  await change(path);
  try {
    await check();
  } finally {
    await (before === null ? rm(path, { recursive: true, force: true }) : writeFile(path, before));
  }
}

const uuidOf = (at: number): string => world.repository.images[at]?.manifest.uuid ?? '';

describe('verify-store', () => {
  it('finds nothing wrong beside a running gateway, tells how it goes on, and changes nothing', async () => {
    const before = await contents();
    expect(await world.shell.run('verify-store')).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^Verifying 100 %\n3 files of \d+ bytes were hashed\.$/m) as string });
    expect(await verify()).toEqual({ code: 0, findings: [] });
    expect(await contents()).toEqual(before);
  });

  it.each<[finding: string, path: () => string, change: (path: string) => Promise<unknown>]>([
    ['missing bytes', () => `${uuidOf(0)}/file`, async (path) => rm(path)],
    ['wrong size', () => `${uuidOf(1)}/file`, async (path) => writeFile(path, 'short')],
    ['wrong hash', () => `${uuidOf(2)}/file`, async (path) => writeFile(path, Buffer.alloc((await readFile(path)).length))],
    ['missing manifest', () => `${uuidOf(0)}/manifest`, async (path) => rm(path)],
    ['wrong manifest', () => `${uuidOf(0)}/manifest`, async (path) => writeFile(path, '{"files":[{"size":1,"sha1":"x"}]}')],
    ['stray', () => 'notes.txt', async (path) => writeFile(path, 'mine')],
    ['stray', () => `${uuidOf(0)}/notes.txt`, async (path) => writeFile(path, 'mine')],
    ['stray', () => '00000000-0000-4000-8000-000000000001', async (path) => mkdir(path)],
    ['stray', () => '00000000-0000-4000-8000-000000000002.partial', async (path) => mkdir(path)],
  ])('finds what is wrong: %s', async (finding, path, change) => {
    const name = path();
    await withChange(join(store, name), change, async () => {
      const { code, findings } = await verify();
      expect([code, findings.map((one) => one.finding), findings.map(({ isWrong }) => isWrong)]).toEqual([1, [finding], [true]]);
      expect(findings[0]?.name).toBe(finding === 'stray' ? name : name.split('/')[0]);
    });
    expect((await verify()).code).toBe(0);
  });

  it('shows pairs that were placed by hand, which are wrong only where they do not fit', async () => {
    const folder = join(store, randomUUID());
    await withChange(folder, mkdir, async () => {
      await writeFile(join(folder, 'file'), 'bytes');
      await writeFile(join(folder, 'manifest'), JSON.stringify({ files: [{ size: 5, sha1: createHash('sha1').update('bytes').digest('hex') }] }));
      expect(await verify()).toMatchObject({ code: 0, findings: [{ finding: 'placed by hand', isWrong: false }] });
      await writeFile(join(folder, 'file'), 'other');
      expect(await verify()).toMatchObject({ code: 1, findings: [{ finding: 'wrong manifest', isWrong: true }] });
    });
  });

  it('refuses a wrong call, and a database that is not there', async () => {
    expect(await world.shell.run('verify-store', 'now')).toMatchObject({ code: 2 });
    expect(await world.shell.with({ DATABASE_URL: `sqlite:${world.data.path}/none.sqlite` }).run('verify-store')).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no such file') as string });
    expect(await world.shell.with({ DATABASE_URL: 'postgres://x:secret@127.0.0.1:9/x' }).run('verify-store')).toMatchObject({ code: 3, stderr: expect.not.stringContaining('secret') as string });
  });
});
