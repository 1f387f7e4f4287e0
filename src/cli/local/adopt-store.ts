import { readConfig } from '../../config/config.js';
import { filesOfImages, replaceStoreId } from '../../images/store/store-record.js';
import type { Database } from '../../platform/database/database.js';
import { openStoreMark } from '../../platform/store/open-store.js';
import { adoptStore, filesThere } from '../../platform/store/store-identity.js';
import type { StoreMark } from '../../platform/store/store-mark.js';
import { defineCommand } from '../command.js';
import { DRY_RUN } from '../options.js';
import { openPresent, withDatabase } from './open-database.js';

/** Images of the catalogue whose file is looked for. */
const MOST_LOOKED_FOR = 1_000_000;

interface Adopted {
  path: string;
  /** Null in a dry run. */
  id: string | null;
  images: number;
  filesThere: number;
}

/** Accepts the folder of IMAGE_STORE as the store of the catalogue, whatever it was written with. */
export const adoptImageStore = defineCommand({
  usage: 'adopt',
  summary: 'Accept the folder or bucket of IMAGE_STORE as the image store, although the catalogue was written with another one.',
  notes: 'Use it when the gateway answers STORE_MISMATCH. First make sure that the right file system is mounted: images whose files are not in the folder stay in the catalogue without their bytes.',
  examples: [['store adopt --dry-run', 'Only count the images whose file is there']],
  options: (parser) => parser.option('dry-run', DRY_RUN),
  async run({ process: { env }, output }, { dryRun }) {
    const config = readConfig(env);
    const database = await openPresent(config);
    const adopted = await withDatabase(database, config, async () => adopt(database, await openStoreMark(config.imageStore), dryRun));
    const count = `${adopted.filesThere} of the ${adopted.images} files of its images are there`;
    output.done(`The catalogue ${dryRun ? 'would go' : 'goes'} on with the image store ${adopted.path}: ${count}.`, adopted);
  },
});

async function adopt(database: Database, mark: StoreMark, dryRun: boolean): Promise<Adopted> {
  const files = await filesOfImages(database.em.fork(), MOST_LOOKED_FOR);
  const counts = { path: mark.location, images: files.length, filesThere: await filesThere(mark, files) };
  if (dryRun) return { ...counts, id: null };
  const id = await adoptStore(mark);
  await replaceStoreId(database.em.fork(), id);
  return { ...counts, id };
}
