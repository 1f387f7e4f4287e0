import { ENTITIES } from '../../src/entities.js';
import { type Database, type DatabaseTarget, migrate, openDatabase } from '../../src/platform/database/database.js';
import { createTestDatabase } from './postgres.js';
import { temporaryFolder } from './temp-folder.js';

/** Which database this run of the suite is about: the project of vitest.config.ts that the file runs in says so. */
export const DATABASE = process.env.TEST_DATABASE === 'postgres' ? 'postgres' : 'sqlite';

export interface TestedDatabase extends AsyncDisposable {
  database: Database;
  target: DatabaseTarget;
  /** Closes it and removes it; doing it twice is fine. */
  close: () => Promise<void>;
}

async function emptyTarget(): Promise<{ target: DatabaseTarget; remove: () => Promise<void> }> {
  if (DATABASE === 'postgres') {
    const { url, drop } = await createTestDatabase();
    return { target: { kind: 'postgres', url }, remove: drop };
  }
  const folder = await temporaryFolder();
  return { target: { kind: 'sqlite', path: `${folder.path}/gateway.sqlite` }, remove: folder.remove };
}

/** An empty database of its own, opened in this process and without any table. */
export async function openEmptyDatabase(): Promise<TestedDatabase> {
  const { target, remove } = await emptyTarget();
  const database = await openDatabase(target, ENTITIES);
  const close = async (): Promise<void> => {
    await database.close(true);
    await remove();
  };
  return { database, target, close, [Symbol.asyncDispose]: close };
}

/** The same with the tables of the gateway. */
export async function openMigratedDatabase(): Promise<TestedDatabase> {
  const opened = await openEmptyDatabase();
  await migrate(opened.database);
  return opened;
}
