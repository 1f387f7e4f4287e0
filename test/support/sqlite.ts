import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';

/** The database of a gateway whose DATA_DIR is that folder. */
export function sqlitePathIn(folder: string): string {
  return join(folder, 'gateway.sqlite');
}

/** Puts a database with the tables of the gateway, and no rows, where a gateway over the folder looks for it. */
export async function copyMigratedSqlite(folder: string): Promise<void> {
  await copyFile(inject('migratedSqlite'), sqlitePathIn(folder));
}
