import { storeContract, type StoreUnderTest, takeOverContract } from '../store/store-contract.js';
import { openStore } from '../../src/platform/store/open-store.js';
import { realBucket } from '../support/s3-store.js';

const make = async (): Promise<StoreUnderTest> => {
  const bucket = realBucket();
  return {
    store: await openStore(bucket.location, { identity: null, isSoleOwner: false }),
    place: async (uuid, name, content) => void (await bucket.objects.put(`${bucket.location.prefix}${uuid}/${name}`, content)),
    dispose: bucket.clear,
  };
};

storeContract('an object storage', make);
takeOverContract('an object storage', make);
