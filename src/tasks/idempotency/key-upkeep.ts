import type { Database } from '../../platform/database/database.js';
import type { Log } from '../../platform/log.js';
import { Periodic } from '../../platform/scheduling/periodic.js';
import { deleteOldKeys } from './idempotency-keys.js';

const FIRST_MS = 60_000;
const EVERY_MS = 60 * 60 * 1000;

/** Deletes idempotency keys whose time is over, once an hour. Several processes may do so at once. */
export function deleteOldKeysRegularly(database: Database, log: Pick<Log, 'warn'>): Periodic {
  const upkeep = new Periodic(
    async () => {
      await deleteOldKeys(database.em.fork()).catch((error: unknown) => log.warn({ err: error }, 'Old idempotency keys cannot be deleted; the next attempt follows in an hour.'));
    },
    () => EVERY_MS,
  );
  upkeep.start(FIRST_MS);
  return upkeep;
}
