import { inTransaction } from './platform/database/in-transaction.js';
import { randomUUID } from 'node:crypto';
import { issueApiKey } from './access/api-keys/issue-api-key.js';
import { SYSTEM_USERNAME, User } from './access/people/user.entity.js';
import { Datacenter, DEFAULT_DATACENTER } from './datacenters/datacenter.entity.js';
import { GlobalSettings } from './datacenters/settings/global-settings.entity.js';
import type { Database, SqlEntityManager } from './platform/database/database.js';
import { VirtualServer } from './virtual-servers/virtual-server.entity.js';

/** The first user of a new gateway, and the server that stores its images. */
const OPERATOR = 'admin';
const IMAGE_SERVER = 'img01';

async function populate(tx: SqlEntityManager): Promise<string> {
  const operator = tx.create(User, { username: OPERATOR, isSuperAdmin: true });
  tx.create(User, { username: SYSTEM_USERNAME, active: false });
  await tx.flush();
  const main = tx.create(Datacenter, { name: DEFAULT_DATACENTER, alias: DEFAULT_DATACENTER, access: 'PUBLIC', owner: operator });
  const imageServer = tx.create(VirtualServer, {
    uuid: randomUUID(),
    hostname: IMAGE_SERVER,
    datacenter: main,
    owner: operator,
    osType: 'SUNOS_ZONE',
    status: 'RUNNING',
    tags: [],
    addresses: [],
  });
  await tx.flush();
  tx.persist(tx.create(GlobalSettings, { id: 1, imageServer, imageSources: [] }));
  return issueApiKey(tx, operator, 'first sign-in').key;
}

/**
 * Creates the datacenter `main`, the user `admin` and the image server `img01` in an empty database, and returns a key for `admin`.
 * Null when the database is not empty; then it changes nothing.
 */
export async function prepareFirstStart(database: Database): Promise<string | null> {
  return inTransaction(database.em.fork(), async (tx) => ((await tx.count(User)) > 0 ? null : populate(tx)));
}
