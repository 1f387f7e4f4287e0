import { ENTITIES } from '../../src/entities.js';
import { migrate, openDatabase } from '../../src/platform/database/database.js';

/** Makes an SQLite database that says it needs schema version 99. */
export async function newerDatabase(path: string): Promise<void> {
  const database = await openDatabase({ kind: 'sqlite', path }, ENTITIES);
  await migrate(database);
  await database.em.getConnection().execute('update schema_compatibility set minimum_version = 99');
  await database.close(true);
}
