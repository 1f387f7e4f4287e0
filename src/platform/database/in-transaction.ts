import { setTimeout as wait } from 'node:timers/promises';
import { DeadlockException, ForeignKeyConstraintViolationException, LockWaitTimeoutException, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { Kysely } from 'kysely';
import type { SqlEntityManager } from './database.js';
import { AppError } from '../errors.js';
import { queryOf } from './kysely-query.js';
import { noteWritten } from './outage/written.js';
import { isCancelled, isLockedForLong, statementTimeoutOf, statementTooLong } from './read/statement-timeout.js';
import { type SqlText, sqlText } from './sql-text.js';
import { writerOf } from './writer-connection.js';

const MAX_ATTEMPTS = 5;
const PAUSE_MS = 10;

/** Errors that only a concurrent transaction can cause, because `work` checks for conflicts before it writes. */
const COLLISIONS = [UniqueConstraintViolationException, ForeignKeyConstraintViolationException, DeadlockException, LockWaitTimeoutException];

function toCollision(em: SqlEntityManager, error: unknown): Error | null {
  if (!(error instanceof Error) || error instanceof AppError) return null;
  const converted = COLLISIONS.some((one) => error instanceof one) ? error : em.getDriver().convertException(error);
  return COLLISIONS.some((one) => converted instanceof one) ? converted : null;
}

/**
 * Runs `work` in one transaction, and runs it again when it collides with a concurrent one: its own checks then see the other's
 * changes and throw an error of the domain. So `work` may run several times and must change nothing but the database. Each run gets
 * its own EntityManager, which must not be used after the run.
 */
export async function inTransaction<T>(em: SqlEntityManager, work: (tx: SqlEntityManager) => Promise<T>): Promise<T> {
  for (let run = 1; ; run += 1) {
    try {
      const result = await runOnce(em, work);
      noteWritten(em.getDriver());
      return result;
    } catch (error) {
      if (isCancelled(error)) throw statementTooLong(statementTimeoutOf(em.getDriver()) ?? 0);
      // Who waited for a lock so long would wait as long once more.
      if (isLockedForLong(error)) throw error;
      const collision = toCollision(em, error);
      if (collision === null) throw error;
      if (run === MAX_ATTEMPTS) throw finalError(collision);
      await wait(Math.random() * PAUSE_MS * run);
    }
  }
}

function finalError(collision: Error): Error {
  if (!(collision instanceof ForeignKeyConstraintViolationException)) return collision;
  return new AppError('NOT_FOUND', 'Something that this change refers to was removed at the same moment; nothing was changed.', {}, { cause: collision });
}

/** Whether the EntityManager has entities that a flush might have to write. */
function hasEntities(tx: SqlEntityManager): boolean {
  const unit = tx.getUnitOfWork(false);
  const isEmpty = unit.getIdentityMap().keys().length === 0 && unit.getPersistStack().size === 0 && unit.getRemoveStack().size === 0;
  return !isEmpty;
}

const BEGIN = sqlText`begin`;
const COMMIT = sqlText`commit`;
const ROLLBACK = sqlText`rollback`;

/**
 * Begins and commits by hand, because a transaction of MikroORM (copies loaded entities, calls listeners, uses AsyncLocalStorage) or
 * of Kysely costs more than the statements of a short one. The transaction context lets MikroORM find the connection as usual.
 */
async function runOnce<T>(em: SqlEntityManager, work: (tx: SqlEntityManager) => Promise<T>): Promise<T> {
  const connection = em.getConnection('write');
  await connection.ensureConnection();
  const writer = await writerOf(em.getDriver())?.ready();
  // On SQLite, everybody else waits until this function releases the only connection.
  return connection.getClient().connection().execute(async (pinned: Kysely<unknown>) => {
    const execute = async (text: SqlText): Promise<unknown> =>
      writer === undefined ? pinned.executeQuery(queryOf(text, 'postgres')) : writer.run(text);
    const tx = em.fork();
    tx.setTransactionContext(pinned);
    await execute(BEGIN);
    try {
      const result = await work(tx);
      if (hasEntities(tx)) await tx.flush();
      await execute(COMMIT);
      return result;
    } catch (error) {
      // The failure may have ended the transaction or the connection already; report it rather than the error of the rollback.
      await execute(ROLLBACK).catch(() => undefined);
      throw error;
    } finally {
      tx.resetTransactionContext();
    }
  });
}
