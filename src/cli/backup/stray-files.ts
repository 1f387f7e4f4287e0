import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid, parseAttempt } from '../../platform/store/file-key.js';
import { UNFINISHED } from '../../platform/store/local/store-layout.js';
import { errorCode, lstatOrNull } from '../../platform/store/safe-open.js';
import { STORE_ID_FILE } from '../../platform/store/store-mark.js';

/** Something in the folder of the image store that is of no image. */
export interface StrayFile {
  /** The path below the folder. */
  name: string;
  detail: string;
}

const OF_A_KEY = ['file', 'manifest', UNFINISHED];
const NOT_OURS = 'not of the image store';

/** What lies in the folder of an image store and has the name of no image, attempt, file or manifest. */
export async function strayFiles(root: string): Promise<StrayFile[]> {
  const strays: StrayFile[] = [];
  for (const entry of await entriesOf(root)) {
    const { name } = entry;
    if (isUuid(name)) strays.push(...(await straysOfImage(root, name)));
    else if (name !== STORE_ID_FILE) strays.push({ name, detail: /^[0-9a-f-]{36}\.(partial|removed|manifest)/.test(name) ? 'a crash left it; a worker removes it' : NOT_OURS });
  }
  // Some are there for a moment only.
  const isThere = await Promise.all(strays.map(async ({ name }) => (await lstatOrNull(join(root, name))) !== null));
  return strays.filter((_stray, at) => isThere[at]);
}

async function straysOfImage(root: string, uuid: string): Promise<StrayFile[]> {
  const strays: StrayFile[] = [];
  for (const { name } of await entriesOf(join(root, uuid))) {
    if (parseAttempt(name) === null) {
      if (!['file', 'manifest'].includes(name)) strays.push({ name: `${uuid}/${name}`, detail: NOT_OURS });
      continue;
    }
    for (const inner of await entriesOf(join(root, uuid, name))) if (!OF_A_KEY.includes(inner.name)) strays.push({ name: `${uuid}/${name}/${inner.name}`, detail: NOT_OURS });
  }
  return strays;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
    throw error;
  });
}
