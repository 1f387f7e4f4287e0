import type { Config } from '../../config/config.js';
import { storeRecordOf } from '../../images/store/store-record.js';
import { AppError } from '../../platform/errors.js';
import { openStoreMark } from '../../platform/store/open-store.js';
import { RecordedIdentity } from '../../platform/store/store-identity.js';
import { checkFolder, type Finding, finding, withinLimit } from './doctor-checks.js';
import { openPresent } from './open-database.js';

const WHAT = 'Image store';

/** Whether the folder of images can be used, and is the one that the catalogue was written with. Changes nothing. */
export async function checkStore(config: Config): Promise<Finding> {
  const { path } = config.imageStore;
  const folder = await checkFolder(WHAT, path, 'IMAGE_STORE');
  if (folder.health === 'fault') return folder;
  const mismatch = await withinLimit(mismatchOf(config)).catch(() => null);
  return mismatch === null ? folder : finding(WHAT, 'fault', mismatch, 'Mount its file system, or correct IMAGE_STORE; only if the old store is lost for good: "image-gateway store adopt".');
}

/** Why the store is not the one of the catalogue; null if it is, or where the database has not been filled yet. Throws when the database does not answer. */
async function mismatchOf(config: Config): Promise<string | null> {
  const database = await openPresent(config);
  try {
    await new RecordedIdentity(await openStoreMark(config.imageStore), storeRecordOf(database)).compare();
    return null;
  } catch (error) {
    if (error instanceof AppError && error.code === 'STORE_MISMATCH') return error.message.split('. ', 1).join('');
    throw error;
  } finally {
    await database.close(true);
  }
}
