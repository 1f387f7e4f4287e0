import type { SqlEntityManager } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import type { Change } from './change.js';
import type { ChangeBus } from './change-bus.js';

export type Announce = (change: Change) => void;

/** Carries the outcome of a rehearsal out of the transaction that it ends. */
class DryRunEnd<T> extends Error {
  constructor(readonly outcome: T) {
    super('A rehearsal ends its transaction.');
  }
}

/**
 * One transaction, and its changes announced once it is committed: nobody hears of what was rolled back. Nothing inside
 * may wait for the network or the disk, as SQLite has one connection; and `work` is run anew when it collides with others.
 */
export async function transact<T>(
  em: SqlEntityManager,
  changes: ChangeBus,
  work: (tx: SqlEntityManager, announce: Announce) => Promise<T>,
): Promise<T> {
  let announced: Change[] = [];
  const result = await inTransaction(em, async (tx) => {
    announced = [];
    return work(tx, (change) => announced.push(change));
  });
  for (const change of announced) changes.publish(change);
  return result;
}

/**
 * The same work with nothing left of it: the transaction is rolled back and no change is announced. What `work` answers
 * must have been read within it. Refusals are thrown as they would be.
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
