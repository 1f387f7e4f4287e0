import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileStoreConflict, FileStoreMissing } from '../../src/platform/store/file-store.js';
import { LocalFileStore } from '../../src/platform/store/local-file-store.js';

const A = '11111111-1111-4111-8111-111111111111';
const B = '22222222-2222-4222-8222-222222222222';
const C = '33333333-3333-4333-8333-333333333333';

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

async function arrive(uuid: string, bytes: string, offset = 0): Promise<void> {
  const sink = await store.appendPartial(uuid, offset);
  sink.end(bytes);
  await finished(sink);
}

async function publish(uuid: string, bytes = 'bytes', manifest = '{}'): Promise<void> {
  await arrive(uuid, bytes);
  await store.publish(uuid, manifest);
}

async function contentOf(uuid: string, range?: { start: number; end: number }): Promise<string | null> {
  const stream = await store.readFile(uuid, range);
  return stream && text(stream);
}

describe('an image arrives', () => {
  it('is seen by nobody until it is published, and then whole', async () => {
    await arrive(A, 'half');
    expect(await store.listUuids()).toEqual([]);
    expect(await store.listPartials()).toEqual([A]);
    expect(await store.statFile(A)).toBeNull();
    expect(await contentOf(A)).toBeNull();
    expect(await store.readManifest(A)).toBeNull();
    await store.publish(A, '{"name":"a"}');
    expect(await store.listUuids()).toEqual([A]);
    expect(await store.listPartials()).toEqual([]);
    expect(await store.readManifest(A)).toBe('{"name":"a"}');
    expect(await contentOf(A)).toBe('half');
    expect((await store.statFile(A))?.size).toBe(4);
    expect((await readdir(root)).sort()).toEqual([A]);
  });

  it('goes on where it stopped and cuts off what lies behind', async () => {
    await arrive(A, 'abcdef');
    await arrive(A, 'XY', 3);
    expect(await store.partialSize(A)).toBe(5);
    expect(await text(await store.readPartial(A, 4))).toBe('abcX');
    expect(await text(await store.readPartial(A, 0))).toBe('');
    await arrive(A, 'new', 0);
    expect(await text(await store.readPartial(A, 99))).toBe('new');
  });

  it('can be discarded twice', async () => {
    await arrive(A, 'half');
    await store.discardPartial(A);
    await store.discardPartial(A);
    expect(await store.partialSize(A)).toBe(0);
    expect(await readdir(root)).toEqual([]);
  });

  it('refuses to go on behind its end, since that would leave a hole', async () => {
    await arrive(A, 'abc');
    await expect(store.appendPartial(A, 4)).rejects.toThrow('has 3 bytes; it cannot go on at 4');
    expect(await store.partialSize(A)).toBe(3);
  });

  it('refuses to publish over an image and changes nothing', async () => {
    await publish(A, 'first', '{"v":1}');
    await arrive(A, 'second');
    await expect(store.publish(A, '{"v":2}')).rejects.toBeInstanceOf(FileStoreConflict);
    expect(await contentOf(A)).toBe('first');
    expect(await store.readManifest(A)).toBe('{"v":1}');
    expect(await readdir(join(root, `${A}.partial`))).toEqual(['file']);
  });

  it('lets one of many concurrent publishers win', async () => {
    await arrive(A, 'bytes');
    const results = await Promise.allSettled([1, 2, 3].map((v) => store.publish(A, `{"v":${v}}`)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(await contentOf(A)).toBe('bytes');
  });

  it('refuses to publish what never arrived', async () => {
    await expect(store.publish(A, '{}')).rejects.toBeInstanceOf(FileStoreMissing);
    await expect(store.readPartial(A, 1)).rejects.toBeInstanceOf(FileStoreMissing);
    expect(await readdir(root)).toEqual([]);
  });
});

describe('a published image', () => {
  it('gives a part of its file', async () => {
    await publish(A, '0123456789');
    expect(await contentOf(A, { start: 2, end: 4 })).toBe('234');
    expect(await contentOf(A, { start: 8, end: 99 })).toBe('89');
  });

  it('gets a new manifest at one blow', async () => {
    await publish(A, 'bytes', '{"long":"manifest of the first hour"}');
    await store.writeManifest(A, '{}');
    expect(await store.readManifest(A)).toBe('{}');
    expect((await readdir(root)).sort()).toEqual([A]);
  });

  it('can be removed twice, and an open reader still gets all of it', async () => {
    const bytes = 'x'.repeat(3_000_000);
    await publish(A, bytes);
    const reader = await store.readFile(A);
    if (reader === null) throw new Error('the file must be there');
    await once(reader, 'readable');
    await store.remove(A);
    await store.remove(A);
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
    expect(await store.listUuids()).toEqual([A, B]);
    expect(await contentOf(B)).toBe('hand');
    expect(await store.readManifest(B)).toBeNull();
    expect(await store.statFile(A)).toBeNull();
    expect(await store.statFile(C)).toBeNull();
  });

  it('refuses a manifest above 1 MiB', async () => {
    await publish(A, 'bytes', 'x'.repeat(1024 * 1024));
    expect((await store.readManifest(A))?.length).toBe(1024 * 1024);
    await writeFile(join(root, A, 'manifest'), 'x'.repeat(1024 * 1024 + 1));
    await expect(store.readManifest(A)).rejects.toMatchObject({ code: 'INVALID_MANIFEST' });
  });

  it('refuses a manifest for an image that is not there', async () => {
    await expect(store.writeManifest(A, '{}')).rejects.toBeInstanceOf(FileStoreMissing);
  });
});

describe('what a crash leaves behind', () => {
  it('is swept, but for the partials to keep, every image and everything unknown', async () => {
    await publish(A);
    await arrive(B, 'dead');
    await arrive(C, 'alive');
    await mkdir(join(root, `${B}.removed-00ff`));
    await writeFile(join(root, `${B}.removed-00ff`, 'file'), 'bytes');
    await writeFile(join(root, `${A}.manifest-0001`), '{');
    await utimes(join(root, `${A}.manifest-0001`), 0, 0);
    const kept = [`${A}.manifest-0002`, 'README', `${A}.partial.bak`, 'x.removed-00ff', `${A}.partial`];
    for (const name of kept) await writeFile(join(root, name), 'by hand');
    expect(await store.sweep(new Set([C]))).toEqual([`${A}.manifest-0001`, `${B}.partial`, `${B}.removed-00ff`]);
    expect((await readdir(root)).sort()).toEqual([A, `${C}.partial`, ...kept].sort());
    expect(await text(await store.readPartial(C, 9))).toBe('alive');
  });
});

describe('names and links that lead outside', () => {
  it.each(['../outside', '..', '', A.toUpperCase().replaceAll('1', 'A'), `${A}/../../x`, `${A}\n`, `${A}.partial`, 'nul\0'])(
    'refuses %j as a uuid everywhere',
    async (uuid) => {
      const calls = [
        () => store.readManifest(uuid),
        () => store.writeManifest(uuid, '{}'),
        () => store.statFile(uuid),
        () => store.readFile(uuid),
        () => store.partialSize(uuid),
        () => store.appendPartial(uuid, 0),
        () => store.readPartial(uuid, 1),
        () => store.publish(uuid, '{}'),
        () => store.discardPartial(uuid),
        () => store.remove(uuid),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(await readdir(root)).toEqual([]);
    },
  );

  it('treats a linked folder or file as absent and never writes through it', async () => {
    const outside = join(base, 'outside');
    await mkdir(outside);
    for (const name of ['file', 'manifest']) await writeFile(join(outside, name), 'secret');
    await symlink(outside, join(root, A));
    await symlink(outside, join(root, `${B}.partial`));
    await mkdir(join(root, C));
    for (const name of ['file', 'manifest']) await symlink(join(outside, name), join(root, C, name));

    expect(await store.listUuids()).toEqual([C]);
    for (const uuid of [A, C]) {
      expect(await contentOf(uuid)).toBeNull();
      expect(await store.readManifest(uuid)).toBeNull();
      expect(await store.statFile(uuid)).toBeNull();
    }
    expect(await store.partialSize(B)).toBe(0);
    await expect(store.appendPartial(B, 0)).rejects.toThrow('EEXIST');
    await expect(store.publish(B, '{}')).rejects.toBeInstanceOf(FileStoreMissing);
    await expect(store.writeManifest(A, '{}')).rejects.toBeInstanceOf(FileStoreMissing);
    await store.writeManifest(C, '{}');
    await store.remove(A);
    await store.discardPartial(B);
    expect(await readdir(root)).toEqual([C]);
    expect((await readdir(outside)).sort()).toEqual(['file', 'manifest']);
    expect(await readFile(join(outside, 'manifest'), 'utf8')).toBe('secret');
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
    await expect(broken.listUuids()).rejects.toMatchObject(refusal);
  });

  it('is not taken for empty when it is gone', async () => {
    await rm(root, { recursive: true });
    await expect(store.listUuids()).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE' });
    await expect(store.sweep(new Set())).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE' });
  });
});
