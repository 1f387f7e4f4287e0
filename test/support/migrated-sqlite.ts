import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrateTarget } from './migrate-target.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** An SQLite file with the tables of the gateway, and no rows. */
    migratedSqlite: string;
  }
}

/** Makes an SQLite file that most tests copy, as to copy it takes far less time than the migrations; answers what removes it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'image-gateway-migrated-'));
  const path = join(folder, 'gateway.sqlite');
  await migrateTarget({ kind: 'sqlite', path });
  project.provide('migratedSqlite', path);
  return async () => rm(folder, { recursive: true, force: true });
}
