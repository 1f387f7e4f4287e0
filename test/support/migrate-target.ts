import { ENTITIES } from '../../src/entities.js';
import { type DatabaseTarget, migrate, openDatabase } from '../../src/platform/database/database.js';

/** Makes the tables of the gateway in an empty database. */
export async function migrateTarget(target: DatabaseTarget): Promise<void> {
  const database = await openDatabase(target, ENTITIES);
  try {
    await migrate(database);
  } finally {
    await database.close(true);
  }
}
