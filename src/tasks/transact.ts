import type { SqlEntityManager } from '../platform/database.js';
import type { Change, ChangeBus } from './change-bus.js';

export type Announce = (change: Change) => void;

/**
 * One transaction, and its changes announced once it is committed: nobody hears of what was rolled back. Nothing inside
 * may wait for the network or the disk, as SQLite has one connection.
 */
export async function transact<T>(
  em: SqlEntityManager,
  changes: ChangeBus,
  work: (tx: SqlEntityManager, announce: Announce) => Promise<T>,
): Promise<T> {
  const announced: Change[] = [];
  const result = await em.transactional((tx) => work(tx, (change) => announced.push(change)));
  for (const change of announced) changes.publish(change);
  return result;
}
