import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptKey, FileKey } from '../../src/platform/store/file-key.js';
import { type FileDraft, FileStoreMissing } from '../../src/platform/store/file-store.js';
import { LocalFileStore } from '../../src/platform/store/local/local-file-store.js';

const A = '11111111-1111-4111-8111-111111111111';
const B = '22222222-2222-4222-8222-222222222222';
const C = '33333333-3333-4333-8333-333333333333';
const TASK = '0190aaaa-0000-7000-8000-000000000001';
const OTHER_TASK = '0190aaaa-0000-7000-8000-000000000002';

let base: string;
let root: string;
let store: LocalFileStore;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'file-store-'));
  root = join(base, 'images');
  store = new LocalFileStore(root);
  await store.check();
});
afterEach(() => rm(base, { recursive: true, force: true }));

function attempt(number: number, uuid = A, taskId = TASK): AttemptKey {
  return { uuid, attempt: `${taskId}-${number}` };
}

function pair(uuid: string): FileKey {
  return { uuid, attempt: null };
}

/** Writes behind what a draft has, and gives up the handle. */
async function arrive(key: FileKey, bytes: string): Promise<void> {
  const draft = await store.openDraft(key);
  await draft.write(Buffer.from(bytes));
  await draft.flush();
  await draft.close();
}

async function seal(key: FileKey, bytes = 'bytes', manifest = '{}'): Promise<void> {
  const draft = await store.openDraft(key);
  await draft.write(Buffer.from(bytes));
  await draft.seal(manifest);
  await draft.close();
}

async function contentOf(key: FileKey, range?: { start: number; end: number }): Promise<string | null> {
  const stream = await store.readFile(key, range);
  return stream && text(stream);
}

/** What a draft has, without changing it. */
async function writtenTo(key: FileKey): Promise<string> {
  const draft = await store.openDraft(key);
  const written = await text(await draft.readWritten());
  await draft.close();
  return written;
}

async function attempts(uuid?: string): Promise<string[]> {
  const names: string[] = [];
  for await (const key of store.listAttempts(uuid)) names.push(nameOf(key));
  return names.sort();
}

const nameOf = (key: AttemptKey): string => `${key.uuid}/${key.attempt}`;

describe('a draft', () => {
  it('is seen by no reader until it is sealed, and then whole', async () => {
    await arrive(attempt(1), 'half');
    expect([await store.statFile(attempt(1)), await contentOf(attempt(1)), await store.readManifest(attempt(1))]).toEqual([null, null, null]);
    expect([await attempts(), await attempts(A), await attempts(B), await store.listPairs()]).toEqual([[nameOf(attempt(1))], [nameOf(attempt(1))], [], []]);
    await seal(attempt(1), ' more', '{"name":"a"}');
    expect([await contentOf(attempt(1)), await store.readManifest(attempt(1))]).toEqual(['half more', '{"name":"a"}']);
    expect((await store.statFile(attempt(1)))?.size).toBe(9);
    expect(await readdir(root, { recursive: true })).toEqual([A, nameOf(attempt(1)), `${nameOf(attempt(1))}/file`, `${nameOf(attempt(1))}/manifest`]);
  });

  it('starts anew, and goes on then', async () => {
    const draft = await store.openDraft(attempt(1));
    await draft.write(Buffer.from('abcdef'));
    await draft.restart();
    expect(draft.size).toBe(0);
    await draft.write(Buffer.from('XY'));
    await draft.flush();
    await draft.write(Buffer.from('Z'));
    expect([draft.size, await text(await draft.readWritten())]).toEqual([3, 'XYZ']);
    await draft.close();
    expect(await writtenTo(attempt(1))).toBe('XYZ');
  });

  it('is sealed without a manifest, which follows', async () => {
    const draft = await store.openDraft(attempt(1));
    await draft.write(Buffer.from('bytes'));
    await draft.seal();
    await draft.close();
    expect(await store.readManifest(attempt(1))).toBeNull();
    await store.writeManifest(attempt(1), '{"v":1}');
    expect(await store.readManifest(attempt(1))).toBe('{"v":1}');
  });

  it('of a pair takes the place of the pair when it is sealed', async () => {
    await seal(pair(A), 'first', '{"v":1}');
    const draft = await store.openDraft(pair(A));
    await draft.write(Buffer.from('second'));
    await draft.flush();
    expect([await contentOf(pair(A)), await store.listPairs()]).toEqual(['first', [A]]);
    await draft.seal('{"v":2}');
    await draft.close();
    expect([await contentOf(pair(A)), await store.readManifest(pair(A)), await readdir(root)]).toEqual(['second', '{"v":2}', [A]]);
  });
});

describe.each([['moves', true], ['copies', false]])('a later attempt of the same task %s what an earlier one left', (_how, isSoleOwner) => {
  beforeEach(() => {
    store = new LocalFileStore(root, { isSoleOwner });
  });

  it('the longest of all, which may be sealed, and removes the others', async () => {
    await arrive(attempt(1), 'abc');
    await arrive(attempt(1, A, OTHER_TASK), 'of another task');
    await arrive(attempt(9), 'of a later attempt');
    // Attempts that found nothing, as their process was another one's.
    for (const [number, file, bytes] of [[2, 'file', 'abcdef'], [3, 'unfinished', 'abcd']] as const) {
      await mkdir(join(root, nameOf(attempt(number))));
      await writeFile(join(root, nameOf(attempt(number)), file), bytes);
    }
    expect(await writtenTo(attempt(4))).toBe('abcdef');
    expect(await attempts()).toEqual([attempt(1, A, OTHER_TASK), attempt(4), attempt(9)].map(nameOf).sort());
  });

  it('and keeps what it has itself if that is more', async () => {
    await arrive(attempt(2), 'abcdef');
    await mkdir(join(root, nameOf(attempt(1))));
    await writeFile(join(root, nameOf(attempt(1)), 'unfinished'), 'abc');
    expect(await writtenTo(attempt(2))).toBe('abcdef');
    expect(await attempts()).toEqual([nameOf(attempt(2))]);
  });
});

describe('an attempt that was frozen and wakes', () => {
  let frozen: FileDraft;

  beforeEach(async () => {
    frozen = await store.openDraft(attempt(1));
    await frozen.write(Buffer.from('good '));
    await frozen.flush();
    await seal(attempt(2), 'bytes', '{"v":2}');
  });
  afterEach(async () => frozen.close());

  it('writes into nothing that the later one has', async () => {
    await frozen.write(Buffer.from('bad'));
    await frozen.flush();
    await expect(frozen.restart()).rejects.toMatchObject({ code: 'ENOENT' });
    expect([await contentOf(attempt(2)), await store.readManifest(attempt(2))]).toEqual(['good bytes', '{"v":2}']);
  });

  it('cannot seal what was taken over', async () => {
    await expect(frozen.seal('{"v":1}')).rejects.toThrow('is gone');
    expect([await attempts(), await contentOf(attempt(2))]).toEqual([[nameOf(attempt(2))], 'good bytes']);
  });

  it('begins anew under its own name, which can be removed', async () => {
    await frozen.close();
    await seal(attempt(1), 'bad', '{"v":1}');
    expect([await contentOf(attempt(1)), await contentOf(attempt(2))]).toEqual(['bad', 'good bytes']);
    await store.remove(attempt(1));
    expect([await attempts(), await contentOf(attempt(2))]).toEqual([[nameOf(attempt(2))], 'good bytes']);
  });
});

describe('what an earlier version left', () => {
  it('is a pair, beside which attempts come and go', async () => {
    await mkdir(join(root, A));
    await writeFile(join(root, A, 'file'), 'old');
    await writeFile(join(root, A, 'manifest'), '{"v":1}');
    await seal(attempt(1), 'new', '{"v":2}');
    expect([await store.listPairs(), await attempts()]).toEqual([[A], [nameOf(attempt(1))]]);
    expect([await contentOf(pair(A)), await contentOf(attempt(1))]).toEqual(['old', 'new']);
    await store.remove(pair(A));
    expect([await contentOf(pair(A)), await store.listPairs(), await contentOf(attempt(1))]).toEqual([null, [], 'new']);
    await store.remove(attempt(1));
    expect(await readdir(root)).toEqual([]);
  });

  it('is an unfinished download, which goes on where one process has the store', async () => {
    await mkdir(join(root, `${A}.partial`));
    await writeFile(join(root, `${A}.partial`, 'file'), 'abc');
    expect(await writtenTo(attempt(1))).toBe('');
    store = new LocalFileStore(root, { isSoleOwner: true });
    expect(await writtenTo(attempt(1))).toBe('abc');
    expect(await readdir(root)).toEqual([A]);
  });
});

describe('a sealed file', () => {
  it('gives a part of itself', async () => {
    await seal(attempt(1), '0123456789');
    expect(await contentOf(attempt(1), { start: 2, end: 4 })).toBe('234');
    expect(await contentOf(attempt(1), { start: 8, end: 99 })).toBe('89');
  });

  it('gets a new manifest at one blow', async () => {
    await seal(attempt(1), 'bytes', '{"long":"manifest of the first hour"}');
    await store.writeManifest(attempt(1), '{}');
    expect([await store.readManifest(attempt(1)), await readdir(root)]).toEqual(['{}', [A]]);
  });

  it.each([['of an attempt', attempt(1)], ['of a pair', pair(A)]])('%s can be removed twice, and an open reader still gets all of it', async (_what, key) => {
    const bytes = 'x'.repeat(3_000_000);
    await seal(key, bytes);
    const reader = await store.readFile(key);
    if (reader === null) throw new Error('the file must be there');
    await once(reader, 'readable');
    await store.remove(key);
    await store.remove(key);
    expect(await readdir(root)).toEqual([]);
    expect((await buffer(reader)).length).toBe(bytes.length);
  });

  it('is listed when placed by hand, also incomplete, and nothing else is', async () => {
    await mkdir(join(root, B));
    await writeFile(join(root, B, 'file'), 'hand');
    await mkdir(join(root, A));
    await mkdir(join(root, 'lost+found'));
    await mkdir(join(root, C.toUpperCase().replaceAll('3', 'A')));
    await writeFile(join(root, C), 'a file, not a folder');
    expect(await store.listPairs()).toEqual([A, B]);
    expect(await contentOf(pair(B))).toBe('hand');
    expect([await store.readManifest(pair(B)), await store.statFile(pair(A)), await store.statFile(pair(C))]).toEqual([null, null, null]);
    expect(await attempts()).toEqual([]);
  });

  it('refuses a manifest above 1 MiB', async () => {
    await seal(pair(A), 'bytes', 'x'.repeat(1024 * 1024));
    expect((await store.readManifest(pair(A)))?.length).toBe(1024 * 1024);
    await writeFile(join(root, A, 'manifest'), 'x'.repeat(1024 * 1024 + 1));
    await expect(store.readManifest(pair(A))).rejects.toMatchObject({ code: 'INVALID_MANIFEST' });
  });

  it('must be there for a manifest', async () => {
    await arrive(attempt(1), 'unfinished');
    for (const key of [attempt(1), pair(A), pair(B)]) await expect(store.writeManifest(key, '{}')).rejects.toBeInstanceOf(FileStoreMissing);
  });
});

describe('what a crash leaves behind', () => {
  it('is swept, but for every key, what is young, and everything unknown', async () => {
    await seal(attempt(1));
    await arrive(attempt(1, B), 'unfinished');
    const old = [`${A}.manifest-0001`, `${B}.partial`, `${B}.removed-00ff`];
    for (const name of [`${B}.partial`, `${B}.removed-00ff`, `${C}.partial`]) {
      await mkdir(join(root, name));
      await writeFile(join(root, name, 'file'), 'bytes');
    }
    await writeFile(join(root, `${A}.manifest-0001`), '{');
    for (const name of [`${A}.manifest-0001`, `${B}.partial/file`, `${B}.partial`]) await utimes(join(root, name), 0, 0);
    await mkdir(join(root, C));
    await utimes(join(root, C), new Date(), new Date(Date.now() - 31_000));
    const left = [`${A}.manifest-0002`, 'README', `${A}.partial.bak`, 'x.removed-00ff', `${A}.partial`];
    for (const name of left) await writeFile(join(root, name), 'by hand');
    expect(await store.sweep()).toEqual(old);
    expect((await readdir(root)).sort()).toEqual([A, B, `${C}.partial`, ...left].sort());
    expect(await writtenTo(attempt(1, B))).toBe('unfinished');
  });
});

describe('names and links that lead outside', () => {
  const ODD_UUIDS = ['../outside', '..', '', A.toUpperCase().replaceAll('1', 'A'), `${A}/../../x`, `${A}\n`, `${A}.partial`, 'nul\0'];
  const ODD_ATTEMPTS = ['..', '', TASK, `${TASK}-`, `${TASK}-01`, `${TASK}--1`, `${TASK}-1/../..`, `${TASK}-1\n`, `${TASK.toUpperCase()}-1`, `${TASK}-12345678901`, '/etc'];
  it.each<FileKey>([...ODD_UUIDS.map(pair), ...ODD_ATTEMPTS.map((one) => ({ uuid: A, attempt: one }))])('refuses %j as a key everywhere', async (key) => {
    const calls = [
      () => store.readManifest(key),
      () => store.writeManifest(key, '{}'),
      () => store.statFile(key),
      () => store.readFile(key),
      () => store.openFile(key),
      () => store.openDraft(key),
      () => store.remove(key),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await readdir(root)).toEqual([]);
  });

  it('treats a linked folder or file as absent and never writes through it', async () => {
    const outside = join(base, 'outside');
    const ofAttempt = join(outside, attempt(1).attempt);
    for (const folder of [outside, ofAttempt]) {
      await mkdir(folder);
      for (const name of ['file', 'manifest']) await writeFile(join(folder, name), 'secret');
    }
    await symlink(outside, join(root, A));
    await symlink(outside, join(root, `${B}.partial`));
    await mkdir(join(root, B));
    await symlink(ofAttempt, join(root, nameOf(attempt(1, B))));
    await mkdir(join(root, C));
    for (const name of ['file', 'manifest']) await symlink(join(outside, name), join(root, C, name));

    expect(await store.listPairs()).toEqual([C]);
    for (const key of [pair(A), attempt(1), attempt(1, B), pair(C)]) {
      expect([await contentOf(key), await store.readManifest(key), await store.statFile(key)]).toEqual([null, null, null]);
      await expect(store.writeManifest(key, '{}')).rejects.toBeInstanceOf(FileStoreMissing);
    }
    for (const key of [pair(B), attempt(1), attempt(2), attempt(1, B)]) await expect(store.openDraft(key)).rejects.toThrow('EEXIST');
    for (const key of [pair(A), attempt(1), attempt(1, B), pair(C)]) await store.remove(key);
    expect((await readdir(outside, { recursive: true })).sort()).toEqual([attempt(1).attempt, `${attempt(1).attempt}/file`, `${attempt(1).attempt}/manifest`, 'file', 'manifest']);
    expect(await readFile(join(ofAttempt, 'manifest'), 'utf8')).toBe('secret');
  });
});

describe('the folder of the store', () => {
  it('is made when missing and holds nothing after a check', async () => {
    const fresh = new LocalFileStore(join(base, 'deep', 'images'));
    await fresh.check();
    expect(await readdir(join(base, 'deep', 'images'))).toEqual([]);
  });

  it('is refused with its name and the cause when it cannot be used', async () => {
    await writeFile(join(base, 'plain'), '');
    const broken = new LocalFileStore(join(base, 'plain'));
    const refusal = { code: 'IMAGE_SERVER_UNAVAILABLE', message: expect.stringContaining(join(base, 'plain')) };
    await expect(broken.check()).rejects.toMatchObject(refusal);
    await expect(broken.listPairs()).rejects.toMatchObject(refusal);
  });

  it('is not taken for empty when it is gone', async () => {
    await rm(root, { recursive: true });
    await expect(store.listPairs()).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE' });
    await expect(store.sweep()).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE' });
  });
});
