import type { SqlEntityManager } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import type { Followed } from './change.js';
import type { ChangeBus } from './change-bus.js';

export type Announce = (change: Followed) => void;

/** Carries the result of a dry run out of its transaction, which throwing it rolls back. */
class DryRunEnd<T> extends Error {
  constructor(readonly outcome: T) {
    super('A dry run rolls back its transaction.');
  }
}

/**
 * Runs one transaction, which also records its changes, and publishes them after the commit, so nobody hears of a rollback. `work` must not wait for the network or
 * the disk, as SQLite has one connection, and runs again when it collides with another transaction.
 */
export async function transact<T>(
  em: SqlEntityManager,
  changes: ChangeBus,
  work: (tx: SqlEntityManager, announce: Announce) => Promise<T>,
): Promise<T> {
  let announced: readonly Followed[] = [];
  const result = await inTransaction(em, async (tx) => {
    const made: Followed[] = [];
    const outcome = await work(tx, (change) => made.push(change));
    announced = await changes.record(tx, made);
    return outcome;
  });
  for (const change of announced) changes.publish(change);
  return result;
}

/**
 * The same as a dry run: rolls the transaction back and publishes no change. `work` must read its result within the transaction. Refusals
 * are thrown as in a real run.
 */
export async function dryRunTransaction<T>(em: SqlEntityManager, work: (tx: SqlEntityManager, announce: Announce) => Promise<T>): Promise<T> {
  try {
    return await inTransaction(em, async (tx) => {
      throw new DryRunEnd(await work(tx, () => undefined));
    });
  } catch (error) {
    if (error instanceof DryRunEnd) return error.outcome as T;
    throw error;
  }
}
