import { setTimeout as wait } from 'node:timers/promises';
import { StartRefusal } from '../../start-refusal.js';
import { withDirectConnection } from '../open/open-postgres.js';
import type { Database } from '../open/orm-settings.js';
import { openTransactions } from './open-transactions.js';

/** SQLSTATEs of a migration that could not lock a table in time, and of one that was ended as a deadlock. */
const LOCKED: ReadonlySet<unknown> = new Set(['55P03', '40P01']);
const PAUSE_MS = 300;
/** How long a migration tries to lock its tables. */
const PATIENCE_MS = 10 * 60_000;
/** How often it says that it still waits, and for whom. */
const TELL_MS = 30_000;

/** Told in one sentence what a start waits for, so that an operator can end it. */
export type ToldWaits = (message: string) => void;

/**
 * Applies the migrations that are missing, all or none; their names. On Postgres, other processes work with the tables meanwhile: a
 * migration that has to wait for them gives up soon, as they would wait behind it, and is tried again. Throws StartRefusal when it has waited too long.
 */
export async function applyMigrations(database: Database, told: ToldWaits): Promise<string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let tellAt = 0; ; ) {
    try {
      const applied = await withDirectConnection(database, async (direct) => direct.migrator.up());
      return applied.map(({ name }) => name);
    } catch (error) {
      if (!isLocked(error)) throw error;
      const now = performance.now();
      if (now >= tellAt || now > deadline) {
        const message = `The migration of the database waits for tables that others have locked: ${await openTransactions(database)}.`;
        if (now > deadline) throw new StartRefusal(`${message} It has given up after ${PATIENCE_MS / 60_000} minutes and changed nothing; end them, and start again.`, { cause: error });
        told(`${message} It is tried again for ${Math.ceil((deadline - now) / 1000)} s; requests of other processes go on meanwhile.`);
        tellAt = now + TELL_MS;
      }
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
