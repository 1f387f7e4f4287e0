import { readdir } from 'node:fs/promises';
import { parseAttempt } from '../file-key.js';
import { errorCode, isFolder } from '../safe-open.js';

/** The names of the folders of attempts in the folder of an image; none where that is missing, or a link. */
export async function attemptFolders(folder: string): Promise<string[]> {
  if (!(await isFolder(folder))) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    // It went away meanwhile.
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory() && parseAttempt(entry.name) !== null).map(({ name }) => name);
}
