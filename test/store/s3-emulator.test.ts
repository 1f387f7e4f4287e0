import { afterAll, beforeAll } from 'vitest';
import { openStore } from '../../src/platform/store/open-store.js';
import { type S3Emulator, startS3Emulator } from '../support/s3-emulator.js';
import { bucketAt } from '../support/s3-store.js';
import { storeContract } from './store-contract.js';

let emulator: S3Emulator;
beforeAll(async () => {
  emulator = await startS3Emulator();
});
afterAll(async () => emulator.stop());

storeContract('an emulated object storage', async () => {
  const bucket = bucketAt(emulator.url, emulator.credentials);
  return {
    store: await openStore(bucket.location, { identity: null, isSoleOwner: false }),
    place: async (uuid, name, content) => void (await bucket.objects.put(`${bucket.location.prefix}${uuid}/${name}`, content)),
    dispose: bucket.clear,
  };
});
