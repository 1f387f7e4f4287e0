import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CopiedImages, copyImages } from '../../src/cli/backup/copy-images.js';
import type { FileStore } from '../../src/platform/store/file-store.js';
import { openStore } from '../../src/platform/store/open-store.js';
import { A, B, fill, pair } from '../store/store-contract.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temp-folder.js';

const BYTES = randomBytes(200_000);
const MANIFEST = JSON.stringify({ v: 2, files: [{ sha1: createHash('sha1').update(BYTES).digest('hex'), size: BYTES.length }] });

let folder: TemporaryFolder;
let from: FileStore;
let to: FileStore;

beforeEach(async () => {
  folder = await temporaryFolder();
  const open = async (name: string): Promise<FileStore> => openStore({ kind: 'file', path: join(folder.path, name) }, { identity: null, isSoleOwner: true });
  [from, to] = [await open('from'), await open('to')];
  for (const store of [from, to]) await store.check();
});
afterEach(async () => folder.remove());

async function copy(source: FileStore): Promise<CopiedImages> {
  return copyImages({ from: source, to, replaces: false, onBytes: () => undefined });
}

/** The store, whose first reads bring bytes of which one has changed on the way. */
function changing(store: FileStore, reads: (read: number) => number | null): FileStore {
  let read = 0;
  const readFile: FileStore['readFile'] = async (key, range) => {
    const readable = await store.readFile(key, range);
    const at = reads((read += 1));
    if (readable === null || at === null) return readable;
    const bytes = await buffer(readable);
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    return Readable.from([bytes], { objectMode: false });
  };
  const get = (_store: FileStore, name: string): unknown => {
    if (name === 'readFile') return readFile;
    const member: unknown = Reflect.get(store, name);
    return typeof member === 'function' ? member.bind(store) : member;
  };
  return new Proxy(store, { get: get as ProxyHandler<FileStore>['get'] & object });
}

describe('a copy of an image store', () => {
  it('reads a file again whose bytes changed on the way', async () => {
    await fill(from, pair(A), BYTES, MANIFEST);
    expect(await copy(changing(from, (read) => (read === 1 ? 5 : null)))).toMatchObject({ copied: 1, damaged: [] });
    expect((await buffer((await to.readFile(pair(A)))!)).equals(BYTES)).toBe(true);
  });

  it('names a file that has another sha1 than its manifest says, and copies it as it is', async () => {
    const damaged = Buffer.from(BYTES).fill(0, 0, 10);
    await fill(from, pair(A), damaged, MANIFEST);
    await fill(from, pair(B), BYTES, MANIFEST);
    expect(await copy(from)).toMatchObject({ copied: 2, damaged: [A] });
    expect((await buffer((await to.readFile(pair(A)))!)).equals(damaged)).toBe(true);
  });

  it('is given up where each read brings other bytes', async () => {
    await fill(from, pair(A), BYTES, MANIFEST);
    await expect(copy(changing(from, (read) => read))).rejects.toThrow(/each read of the file brings other bytes/);
    expect(await to.statFile(pair(A))).toBeNull();
  });

  it('leaves nothing in the target whose bytes come back changed', async () => {
    await fill(from, pair(A), BYTES, MANIFEST);
    const work = { from, to: changing(to, () => 7), replaces: false, onBytes: () => undefined };
    await expect(copyImages(work)).rejects.toThrow(`${A}: the copy has other bytes than the file; it was removed again.`);
    expect(await to.listPairs()).toEqual([]);
    expect(await copy(from)).toMatchObject({ copied: 1, different: [] });
  });
});
