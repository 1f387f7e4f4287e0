import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { errorCode, openForReading, syncFolder, writeDurably } from './safe-open.js';

/** The file at the root of a store that holds its id. */
export const STORE_ID_FILE = '.store-id';

const MAX_ID_BYTES = 64;
/** File systems that know no hard links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** The id of the store in a folder; null when the folder or the file is not there. */
export async function readStoreId(root: string): Promise<string | null> {
  const handle = await openForReading(join(root, STORE_ID_FILE));
  if (handle === null) return null;
  return (await buffer(handle.createReadStream({ end: MAX_ID_BYTES - 1 }))).toString('utf8').trim();
}

/** Writes the id of a store that has none, whole or not at all. Returns the id that the store has then: another process may have been first. */
export async function writeStoreId(root: string, id: string): Promise<string | null> {
  const path = join(root, STORE_ID_FILE);
  const draft = `${path}-${randomBytes(6).toString('hex')}`;
  try {
    await writeDurably(draft, `${id}\n`);
    await link(draft, path).catch(async (error: unknown) => {
      if (NO_LINKS.has(errorCode(error) ?? '')) await rename(draft, path);
      else if (errorCode(error) !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(root);
  return readStoreId(root);
}
