import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptKey, type FileKey, nameOfKey } from '../../src/platform/store/file-key.js';
import { type FileDraft, FileStoreMissing, type FileStore } from '../../src/platform/store/file-store.js';
import { SinkClosed } from '../../src/platform/store/send-file.js';

/** A store of one kind, for one test. */
export interface StoreUnderTest {
  store: FileStore;
  /** Places a file or a manifest past the store, as an operator does. */
  place: (uuid: string, name: 'file' | 'manifest', content: string) => Promise<void>;
  dispose: () => Promise<void>;
}

export const A = '11111111-1111-4111-8111-111111111111';
export const B = '22222222-2222-4222-8222-222222222222';
const C = '33333333-3333-4333-8333-333333333333';
export const TASK = '99999999-9999-4999-8999-999999999999';

export const pair = (uuid: string): FileKey => ({ uuid, attempt: null });
export const attempt = (number: number, uuid = A) => attemptKey(uuid, { taskId: TASK, number });

export async function write(draft: FileDraft, bytes: Buffer | string, chunkBytes = 64 * 1024): Promise<void> {
  const all = Buffer.from(bytes);
  for (let at = 0; at < all.length; at += chunkBytes) {
    const wait = draft.write(all.subarray(at, at + chunkBytes));
    if (wait !== undefined) await wait;
  }
}

export async function fill(store: FileStore, key: FileKey, bytes: Buffer | string, manifest?: string): Promise<void> {
  const draft = await store.openDraft(key);
  try {
    await write(draft, bytes);
    await draft.seal(manifest);
  } finally {
    await draft.close();
  }
}

async function contentOf(store: FileStore, key: FileKey, range?: { start: number; end: number }): Promise<string | null> {
  const stream = await store.readFile(key, range);
  return stream && text(stream);
}

export async function namesOf(store: FileStore, uuid?: string): Promise<string[]> {
  const names: string[] = [];
  for await (const key of store.listAttempts(uuid)) names.push(nameOfKey(key));
  return names.sort();
}

/** What every store promises, run against one of a kind. */
export function storeContract(kind: string, make: () => Promise<StoreUnderTest>): void {
  let world: StoreUnderTest;
  let store: FileStore;

  beforeEach(async () => {
    world = await make();
    ({ store } = world);
    await store.check();
  });
  afterEach(async () => world.dispose());

  describe(`${kind}: the file of an attempt`, () => {
    it('is seen by nobody until it is sealed, and then whole, with its manifest', async () => {
      const draft = await store.openDraft(attempt(1));
      await write(draft, 'half');
      await draft.flush();
      expect(await store.statFile(attempt(1))).toBeNull();
      expect(await store.readFile(attempt(1))).toBeNull();
      expect(await store.openFile(attempt(1))).toBeNull();
      expect(await store.listPairs()).toEqual([]);
      await write(draft, ' and half');
      expect(draft.size).toBe(13);
      await draft.seal('{"name":"a"}');
      await draft.close();
      expect(await contentOf(store, attempt(1))).toBe('half and half');
      expect(await store.readManifest(attempt(1))).toBe('{"name":"a"}');
      expect((await store.statFile(attempt(1)))?.size).toBe(13);
      expect(Math.abs(Date.now() - ((await store.statFile(attempt(1)))?.modifiedAt.getTime() ?? 0))).toBeLessThan(60_000);
      expect(await namesOf(store)).toEqual([nameOfKey(attempt(1))]);
      expect(await store.listPairs()).toEqual([]);
    });

    it('is of any size, and its bytes come back as they were', async () => {
      // Several parts of an upload, and an end that is no whole part.
      const bytes = randomBytes(20 * 1024 * 1024 + 12_345);
      await fill(store, attempt(1), bytes);
      expect((await store.statFile(attempt(1)))?.size).toBe(bytes.length);
      expect((await buffer((await store.readFile(attempt(1)))!)).equals(bytes)).toBe(true);
      const range = { start: 8 * 1024 * 1024 - 10, end: 8 * 1024 * 1024 + 10 };
      expect((await buffer((await store.readFile(attempt(1), range))!)).equals(bytes.subarray(range.start, range.end + 1))).toBe(true);
    });

    it('may be empty', async () => {
      await fill(store, attempt(1), '');
      expect((await store.statFile(attempt(1)))?.size).toBe(0);
      expect(await contentOf(store, attempt(1))).toBe('');
    });

    it('is begun anew after a restart', async () => {
      const draft = await store.openDraft(attempt(1));
      await write(draft, randomBytes(9 * 1024 * 1024));
      await draft.restart();
      expect(draft.size).toBe(0);
      await write(draft, 'second');
      await draft.seal();
      await draft.close();
      expect(await contentOf(store, attempt(1))).toBe('second');
      expect(await store.readManifest(attempt(1))).toBeNull();
    });

    it('is told apart from those of other attempts', async () => {
      await fill(store, attempt(1), 'first', '1');
      await fill(store, attemptKey(A, { taskId: C, number: 1 }), 'other', '2');
      expect(await contentOf(store, attempt(1))).toBe('first');
      expect(await namesOf(store, A)).toEqual([`${A}/${C}-1`, `${A}/${TASK}-1`]);
      expect(await namesOf(store, B)).toEqual([]);
      await store.remove(attempt(1));
      expect(await contentOf(store, attempt(1))).toBeNull();
      expect(await store.readManifest(attempt(1))).toBeNull();
      expect(await namesOf(store)).toEqual([`${A}/${C}-1`]);
    });

    it('leaves nothing when it is given up and removed', async () => {
      const draft = await store.openDraft(attempt(1));
      await write(draft, randomBytes(9 * 1024 * 1024));
      await draft.close();
      await store.remove(attempt(1));
      await store.remove(attempt(1));
      expect(await namesOf(store)).toEqual([]);
    });
  });

  describe(`${kind}: a file`, () => {
    it('is sent whole or in part', async () => {
      await fill(store, attempt(1), '0123456789');
      for (const [range, hint] of [[{ start: 0, end: 9 }, true], [{ start: 2, end: 4 }, true], [{ start: 5, end: 9 }, false]] as const) {
        const sink = new PassThrough();
        const opened = await store.openFile(attempt(1), hint ? range : undefined);
        await Promise.all([opened!.sendTo(sink, range).then(() => sink.end()), text(sink).then((sent) => expect(sent).toBe('0123456789'.slice(range.start, range.end + 1)))]);
      }
      const closed = await store.openFile(attempt(1), { start: 0, end: 9 });
      await closed!.close();
    });

    it('stops being sent when the receiver goes', async () => {
      await fill(store, attempt(1), randomBytes(9 * 1024 * 1024));
      const sink = new PassThrough();
      const opened = await store.openFile(attempt(1), { start: 0, end: 9 * 1024 * 1024 - 1 });
      const sending = opened!.sendTo(sink, { start: 0, end: 9 * 1024 * 1024 - 1 });
      await once(sink, 'readable');
      sink.destroy();
      await expect(sending).rejects.toBeInstanceOf(SinkClosed);
    });

    it('takes a write that fails for a receiver that is gone', async () => {
      await fill(store, attempt(1), Buffer.alloc(3 * 1024 * 1024));
      const opened = await store.openFile(attempt(1));
      const sink = new Writable({ write: (_chunk, _encoding, done) => done(new Error('write ECANCELED')) }).on('error', () => undefined);
      await expect(opened!.sendTo(sink, { start: 0, end: 3 * 1024 * 1024 - 1 })).rejects.toBeInstanceOf(SinkClosed);
    });

    it('is read up to its end where the range goes beyond', async () => {
      await fill(store, attempt(1), '0123456789');
      expect(await contentOf(store, attempt(1), { start: 8, end: 99 })).toBe('89');
    });
  });

  describe(`${kind}: a pair placed by hand`, () => {
    it('is listed, also incomplete, and read', async () => {
      await world.place(B, 'file', 'hand');
      await world.place(B, 'manifest', '{"v":1}');
      await world.place(A, 'manifest', '{"v":2}');
      await fill(store, attempt(1, C), 'an attempt is no pair');
      expect(await store.listPairs()).toEqual([A, B]);
      expect(await contentOf(store, pair(B))).toBe('hand');
      expect(await store.readManifest(pair(B))).toBe('{"v":1}');
      expect(await store.statFile(pair(A))).toBeNull();
      expect(await namesOf(store)).toEqual([nameOfKey(attempt(1, C))]);
    });

    it('is written by commands, and removed with its manifest and without the attempts of that image', async () => {
      await fill(store, pair(A), 'pair', '{"v":1}');
      await fill(store, attempt(1), 'attempt');
      expect(await contentOf(store, pair(A))).toBe('pair');
      await store.remove(pair(A));
      expect(await store.listPairs()).toEqual([]);
      expect(await store.readManifest(pair(A))).toBeNull();
      expect(await contentOf(store, attempt(1))).toBe('attempt');
    });

    it('is named when its uuid has capital letters', async () => {
      await world.place('AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA', 'file', 'hand');
      expect(await store.listMisnamed()).toEqual(['AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA']);
      expect(await store.listPairs()).toEqual([]);
    });
  });

  describe(`${kind}: a manifest`, () => {
    it('is replaced, but not written without a file', async () => {
      await fill(store, attempt(1), 'bytes', '{"long":"manifest of the first hour"}');
      await store.writeManifest(attempt(1), '{}');
      expect(await store.readManifest(attempt(1))).toBe('{}');
      await expect(store.writeManifest(attempt(2), '{}')).rejects.toBeInstanceOf(FileStoreMissing);
      await expect(store.writeManifest(pair(A), '{}')).rejects.toBeInstanceOf(FileStoreMissing);
    });

    it('is refused above 1 MiB', async () => {
      await world.place(A, 'manifest', 'x'.repeat(1024 * 1024));
      expect((await store.readManifest(pair(A)))?.length).toBe(1024 * 1024);
      await world.place(A, 'manifest', 'x'.repeat(1024 * 1024 + 1));
      await expect(store.readManifest(pair(A))).rejects.toMatchObject({ code: 'INVALID_MANIFEST' });
    });
  });

  describe(`${kind}: a key`, () => {
    it.each([['a path', { uuid: '../x', attempt: null }], ['capital letters', { uuid: 'AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA', attempt: null }], ['an attempt that is a path', { uuid: A, attempt: '../../x' }], ['an attempt without a task', { uuid: A, attempt: '1-1' }]])('that is %s is refused everywhere', async (_what, key) => {
      for (const work of [async () => store.statFile(key), async () => store.readFile(key), async () => store.openFile(key), async () => store.readManifest(key), async () => store.writeManifest(key, '{}'), async () => store.openDraft(key), async () => store.remove(key)]) {
        await expect(work()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      }
    });
  });

  describe(`${kind}: the whole store`, () => {
    it('is reached and has room', async () => {
      await store.reach();
      await store.requireRoom(1);
      expect(await store.explainFaults(1, async () => 'done')).toBe('done');
      expect(await store.sweep()).toEqual([]);
      expect(await store.redirectTo(attempt(1))).toBeNull();
    });
  });
}

/** What every store promises to a later attempt of a task; a server that lists no parts cannot show it. */
export function takeOverContract(kind: string, make: () => Promise<StoreUnderTest>): void {
  let world: StoreUnderTest;
  let store: FileStore;

  beforeEach(async () => {
    world = await make();
    ({ store } = world);
    await store.check();
  });
  afterEach(async () => world.dispose());

  describe(`${kind}: a later attempt of a task`, () => {
    it.each([['a few bytes', 100], ['less than a part', 6_000_000], ['some parts', 20_000_000]])('goes on from %s that an earlier one left', async (_what, size) => {
      const bytes = randomBytes(size + 1000);
      await leave(store, 1, bytes.subarray(0, size));
      expect(await namesOf(store)).toEqual([nameOfKey(attempt(1))]);
      const second = await store.openDraft(attempt(2));
      expect(second.size).toBe(size);
      expect((await buffer(await second.readWritten())).equals(bytes.subarray(0, size))).toBe(true);
      await write(second, bytes.subarray(size));
      await second.seal('{}');
      await second.close();
      expect((await buffer((await store.readFile(attempt(2)))!)).equals(bytes)).toBe(true);
      expect(await namesOf(store)).toEqual([nameOfKey(attempt(2))]);
    });

    it('takes the longest of several, and nothing of a later one or another task', async () => {
      const other = await store.openDraft(attemptKey(A, { taskId: C, number: 1 }));
      await write(other, Buffer.alloc(27_000_000));
      await other.close();
      for (const [number, size] of [[4, 26_000_000], [2, 17_000_000], [1, 9_000_000]] as const) await leave(store, number, Buffer.alloc(size, number));
      const third = await store.openDraft(attempt(3));
      expect(third.size).toBe(17_000_000);
      expect((await buffer(await third.readWritten())).equals(Buffer.alloc(17_000_000, 2))).toBe(true);
      await third.seal();
      await third.close();
      expect(await namesOf(store)).toEqual([`${A}/${C}-1`, `${A}/${TASK}-3`, `${A}/${TASK}-4`]);
    });

    it('goes on from what it left itself, and from what an earlier one sealed', async () => {
      await leave(store, 2, Buffer.alloc(9_000_000, 2));
      const again = await store.openDraft(attempt(2));
      expect(again.size).toBe(9_000_000);
      await again.seal('{}');
      await again.close();
      const third = await store.openDraft(attempt(3));
      expect(third.size).toBe(9_000_000);
      await third.restart();
      await write(third, 'new');
      await third.seal();
      await third.close();
      expect(await contentOf(store, attempt(3))).toBe('new');
      expect(await namesOf(store)).toEqual([nameOfKey(attempt(3))]);
    });
  });
}

/** What an attempt that was cancelled leaves. */
async function leave(store: FileStore, number: number, bytes: Buffer): Promise<void> {
  const draft = await store.openDraft(attempt(number));
  await write(draft, bytes);
  await draft.close();
}
