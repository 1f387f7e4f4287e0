import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../../src/platform/store/open-store.js';
import { temporaryFolder } from '../support/temp-folder.js';
import { storeContract, type StoreUnderTest, takeOverContract } from './store-contract.js';

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
