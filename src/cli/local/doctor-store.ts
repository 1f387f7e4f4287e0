import type { Config } from '../../config/config.js';
import { storeRecordOf } from '../../images/store/store-record.js';
import { AppError } from '../../platform/errors.js';
import { withinTime } from '../../platform/scheduling/within-time.js';
import { nameOfLocation, openStoreMark, type StoreLocation } from '../../platform/store/open-store.js';
import { RecordedIdentity } from '../../platform/store/store-identity.js';
import { checkFolder, type Finding, finding, LONGEST_CHECK_MS, reasonOf } from './doctor-checks.js';
import { openPresent } from './open-database.js';

const WHAT = 'Image store';

/** Whether the image store can be used, and is the one that the catalogue was written with. Changes nothing. */
export async function checkStore(config: Config): Promise<Finding> {
  const { imageStore } = config;
  const reached = imageStore.kind === 'file' ? await checkFolder(WHAT, imageStore.path, 'IMAGE_STORE') : await checkBucket(imageStore);
  if (reached.health === 'fault') return reached;
  const mismatch = await withinTime(LONGEST_CHECK_MS, mismatchOf(config)).catch(() => null);
  return mismatch === null ? reached : finding(WHAT, 'fault', mismatch, 'Mount its file system, or correct IMAGE_STORE; only if the old store is lost for good: "image-gateway store adopt".');
}

/** Whether a bucket answers, and can be read with the credentials that are here. */
async function checkBucket(location: StoreLocation): Promise<Finding> {
  const name = nameOfLocation(location);
  try {
    const mark = await openStoreMark(location);
    await withinTime(LONGEST_CHECK_MS, mark.make().then(async () => mark.readId()));
    return finding(WHAT, 'ok', name);
  } catch (error) {
    return finding(WHAT, 'fault', error instanceof AppError ? error.message : `${name}: ${reasonOf(error)}`, 'Check IMAGE_STORE, and the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the files of the AWS tools.');
  }
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
