import type { Logger } from 'pino';
import type { Config } from './config/config.js';
import { downloadsInThreads } from './images/import/download/download-in-thread.js';
import { ImportImage } from './images/import/import-image.js';
import { DeleteImage } from './images/delete/delete-image.js';
import { UpdateImage } from './images/update/update-image.js';
import { DEFAULT_RETRY } from './images/import/download/retry-policy.js';
import { VerifyImage } from './images/verify/verify-image.js';
import { RefreshRepository } from './repositories/refresh/refresh-repository.js';
import { DEFAULT_LANES } from './tasks/runner/task-lanes.js';
import { CreateImageFromSnapshot } from './virtual-servers/create-image/create-image-from-snapshot.js';
import type { ImgapiClient } from './imgapi/client.js';
import type { Database } from './platform/database/database.js';
import type { DatabaseOutage } from './platform/database/outage/database-outage.js';
import type { GuardedFetch } from './platform/fetch/fetch.js';
import type { FileStore } from './platform/store/file-store.js';
import type { StoreRecord } from './platform/store/store-identity.js';
import type { ChangeBus } from './tasks/changes/change-bus.js';
import { TaskRunner } from './tasks/runner/task-runner.js';
import type { accessToRepositories } from './repositories/credentials/repository-access.js';

/** What the handlers of tasks work with. */
export interface TaskServices {
  database: Database;
  outage: DatabaseOutage;
  changes: ChangeBus;
  store: FileStore;
  storeRecord: StoreRecord;
  fetch: GuardedFetch;
  imgapi: ImgapiClient;
  accessTo: ReturnType<typeof accessToRepositories>;
}

/** The runner of tasks, with a handler for each action that goes on after the answer. */
export function createTaskRunner(config: Config, { database, outage, changes, store, storeRecord, fetch, imgapi, accessTo }: TaskServices, log: Logger): TaskRunner {
  const { concurrency, minRate, retryForMs } = config.imports;
  const retry = { ...DEFAULT_RETRY, minRate, retryForMs };
  const download = downloadsInThreads({ store: config.imageStore, isSoleOwner: config.database.kind === 'sqlite', storeId: async () => storeRecord.readId(), allow: config.fetchAllow, proxies: config.proxies, retry });
  const handlers = {
    IMAGE_IMPORT: new ImportImage({ database, changes, store, download, accessTo }),
    IMAGE_CREATE: new CreateImageFromSnapshot({ database, changes, store, fetch, retry }),
    IMAGE_UPDATE: new UpdateImage({ database, changes, store }),
    IMAGE_DELETE: new DeleteImage({ database, changes, store }),
    IMAGE_VERIFY: new VerifyImage({ database, changes, store }),
    REPOSITORY_REFRESH: new RefreshRepository({ database, changes, store, imgapi, accessTo }),
  };
  return new TaskRunner(database, changes, log, { handlers, outage, lanes: { ...DEFAULT_LANES, downloads: concurrency } });
}
