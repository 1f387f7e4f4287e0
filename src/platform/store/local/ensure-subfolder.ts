import { errorCode, isFolder, makeSubfolder } from '../safe-open.js';

/** Makes a folder that may be there already; a link in its place is refused. */
export async function ensureSubfolder(path: string): Promise<void> {
  await makeSubfolder(path).catch(async (error: unknown) => {
    if (errorCode(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
  });
}
