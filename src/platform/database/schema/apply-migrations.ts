import { setTimeout as wait } from 'node:timers/promises';
import { withDirectConnection } from '../open/open-postgres.js';
import type { Database } from '../open/orm-settings.js';

/** SQLSTATEs of a migration that could not lock a table in time, and of one that was ended as a deadlock. */
const LOCKED: ReadonlySet<unknown> = new Set(['55P03', '40P01']);
const PAUSE_MS = 300;
/** How long a migration tries to lock its tables. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Applies the migrations that are missing, all or none; their names. On Postgres, other processes work with the tables meanwhile: a
 * migration that has to wait for them gives up soon, as they would wait behind it, and is tried again.
 */
export async function applyMigrations(database: Database): Promise<string[]> {
  for (const deadline = performance.now() + PATIENCE_MS; ; ) {
    try {
      const applied = await withDirectConnection(database, async (direct) => direct.migrator.up());
      return applied.map(({ name }) => name);
    } catch (error) {
      if (!isLocked(error) || performance.now() > deadline) throw error;
      await wait(PAUSE_MS * (0.5 + Math.random()));
    }
  }
}

function isLocked(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if ('code' in cause && LOCKED.has(cause.code)) return true;
  }
  return false;
}
