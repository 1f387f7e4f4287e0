import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of an image store that has the file of an image: that of the one attempt which has brought one, else that of the image. */
export async function folderOfImage(store: string, uuid: string): Promise<string> {
  const folder = join(store, uuid);
  const attempts = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of attempts) if ((await readdir(join(folder, name))).includes('file')) return join(folder, name);
  return folder;
}

/** The paths of all files in an image store, below its folder. */
export async function filesOfStore(store: string): Promise<string[]> {
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name !== '.store-id').map(({ parentPath, name }) => join(parentPath, name).slice(store.length + 1)).sort();
}
