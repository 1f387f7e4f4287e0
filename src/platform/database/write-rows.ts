import type { SqlEntityManager } from './database.js';
import { throughKysely } from './read/read-rows.js';
import type { SqlText } from './sql-text.js';
import { writerOf } from './writer-connection.js';

/** An insert, update or delete by its text that is a transaction by itself, or a part of the one that `em` is in; how many rows it changed. */
export async function writeAtOnce(em: SqlEntityManager, text: SqlText): Promise<number> {
  return Number((await throughKysely(em, text)).numAffectedRows ?? 0);
}

/**
 * An insert, update or delete by its text, inside a transaction; how many rows it changed. It goes past the entities: those that
 * were loaded do not learn of it, and their changes are not written before it. A broken constraint is thrown as by an entity.
 */
export async function writeRows(tx: SqlEntityManager, text: SqlText): Promise<number> {
  if (!tx.isInTransaction()) throw new Error('Rows are written by their text inside a transaction only.');
  const writer = writerOf(tx.getDriver());
  try {
    if (writer !== undefined) return writer.run(text);
    return await writeAtOnce(tx, text);
  } catch (error) {
    throw error instanceof Error ? tx.getDriver().convertException(error) : error;
  }
}

/** The same as `writeAtOnce`, for a statement with `returning`: the rows that it returns. */
export async function writeReturning<R extends object>(em: SqlEntityManager, text: SqlText): Promise<R[]> {
  return (await throughKysely(em, text)).rows as R[];
}
