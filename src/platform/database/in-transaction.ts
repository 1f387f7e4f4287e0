import { setTimeout as wait } from 'node:timers/promises';
import { DeadlockException, ForeignKeyConstraintViolationException, LockWaitTimeoutException, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { Kysely } from 'kysely';
import type { SqlEntityManager } from './database.js';
import { AppError } from '../errors.js';
import { queryOf } from './kysely-query.js';
import { isCancelled, statementTimeoutOf, statementTooLong } from './read/statement-timeout.js';
import { sqlInteger, type SqlText, sqlText } from './sql-text.js';
import { writerOf } from './writer-connection.js';

const MAX_ATTEMPTS = 5;
const PAUSE_MS = 10;
/** What Postgres takes. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** What only somebody else's transaction at the same moment brings about, once the work has checked what it found. */
const COLLISIONS = [UniqueConstraintViolationException, ForeignKeyConstraintViolationException, DeadlockException, LockWaitTimeoutException];

function toCollision(em: SqlEntityManager, error: unknown): Error | null {
  if (!(error instanceof Error) || error instanceof AppError) return null;
  const known = COLLISIONS.some((one) => error instanceof one) ? error : em.getDriver().convertException(error);
  return COLLISIONS.some((one) => known instanceof one) ? known : null;
}

/**
 * One transaction. When it collides with another one it is run anew, so that its own checks meet what the other left and say
 * so in the words of the domain: `work` may run several times and must change nothing but the database. It is given an
 * EntityManager of its own each time, which is good for nothing once it has ended.
 */
export async function inTransaction<T>(em: SqlEntityManager, work: (tx: SqlEntityManager) => Promise<T>): Promise<T> {
  for (let run = 1; ; run += 1) {
    try {
      return await runOnce(em, work);
    } catch (error) {
      if (isCancelled(error)) throw statementTooLong(statementTimeoutOf(em.getDriver()) ?? 0);
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

/** Whether anything was loaded or made that could have changed. */
function hasEntities(tx: SqlEntityManager): boolean {
  const unit = tx.getUnitOfWork(false);
  const isEmpty = unit.getIdentityMap().keys().length === 0 && unit.getPersistStack().size === 0 && unit.getRemoveStack().size === 0;
  return !isEmpty;
}

/** On Postgres, the limit is told in the same message, and for this transaction alone: behind a pooler, the connection is somebody else's afterwards. */
function beginWithTimeout(timeoutMs: number | undefined): SqlText {
  return timeoutMs === undefined ? sqlText`begin` : sqlText`begin; set local statement_timeout = ${sqlInteger(timeoutMs, { max: MAX_TIMEOUT_MS })}`;
}

const COMMIT = sqlText`commit`;
const ROLLBACK = sqlText`rollback`;

/**
 * Without the transactions of MikroORM, which copy what is loaded, ask for listeners and follow the call by AsyncLocalStorage,
 * and of Kysely, which cost more than the statements of a short one. Entities in it find its connection as they do there.
 */
async function runOnce<T>(em: SqlEntityManager, work: (tx: SqlEntityManager) => Promise<T>): Promise<T> {
  const connection = em.getConnection('write');
  await connection.ensureConnection();
  const writer = await writerOf(em.getDriver())?.ready();
  // On SQLite, nobody else gets its connection until this one is given back.
  return connection.getClient().connection().execute(async (pinned: Kysely<unknown>) => {
    const control = async (text: SqlText): Promise<unknown> =>
      writer === undefined ? pinned.executeQuery(queryOf(text, 'postgres')) : writer.run(text);
    const tx = em.fork();
    tx.setTransactionContext(pinned);
    await control(beginWithTimeout(statementTimeoutOf(em.getDriver())));
    try {
      const result = await work(tx);
      if (hasEntities(tx)) await tx.flush();
      await control(COMMIT);
      return result;
    } catch (error) {
      // What failed may have ended the transaction, or lost the connection: the error to be told is the first one.
      await control(ROLLBACK).catch(() => undefined);
      throw error;
    } finally {
      tx.resetTransactionContext();
    }
  });
}
