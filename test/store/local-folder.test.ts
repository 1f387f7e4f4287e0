import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/platform/store/open-store.js';
import { temporaryFolder } from '../support/temp-folder.js';
import { A, B, namesOf, pair, storeContract, type StoreUnderTest, takeOverContract, TASK } from './store-contract.js';

/** The user that has no right to anything. */
const NOBODY = 65_534;

for (const isSoleOwner of [true, false]) {
  const kind = isSoleOwner ? 'a folder of one process' : 'a folder of several processes';
  const make = async (): Promise<StoreUnderTest> => {
    const folder = await temporaryFolder();
    const root = join(folder.path, 'images');
    return {
      store: await openStore({ kind: 'file', path: root }, { identity: null, isSoleOwner }),
      place: async (uuid, name, content) => {
        await mkdir(join(root, uuid), { recursive: true });
        await writeFile(join(root, uuid, name), content);
      },
      dispose: folder.remove,
    };
  };
  storeContract(kind, make);
  takeOverContract(kind, make);
}

/** Root may read everything, so it does the work as somebody who may not. */
async function withoutRights<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('a folder in a local store that may not be read', () => {
  it('does not hide the others, and says why when it is read itself', async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o755);
    const store = await openStore({ kind: 'file', path: folder.path }, { identity: null, isSoleOwner: true });
    for (const uuid of [A, B]) await mkdir(join(folder.path, uuid, `${TASK}-1`), { recursive: true });
    await writeFile(join(folder.path, B, 'manifest'), '{}');
    await chmod(join(folder.path, A), 0o000);
    await withoutRights(async () => {
      expect(await store.listPairs()).toEqual([A, B]);
      expect(await namesOf(store)).toEqual([`${B}/${TASK}-1`]);
      for (const work of [async () => store.readManifest(pair(A)), async () => store.statFile(pair(A)), async () => store.readFile(pair(A))]) {
        await expect(work()).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE', message: expect.stringContaining('EACCES') as string });
      }
    });
    await chmod(join(folder.path, A), 0o700);
  });
});
