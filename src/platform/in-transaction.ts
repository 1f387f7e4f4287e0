import { setTimeout as wait } from 'node:timers/promises';
import { DeadlockException, ForeignKeyConstraintViolationException, LockWaitTimeoutException, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { SqlEntityManager } from './database.js';
import { AppError } from './errors.js';

const MOST_RUNS = 5;
const PAUSE_MS = 10;

/** What only somebody else's transaction at the same moment brings about, once the work has checked what it found. */
const COLLISIONS = [UniqueConstraintViolationException, ForeignKeyConstraintViolationException, DeadlockException, LockWaitTimeoutException];

function collisionOf(em: SqlEntityManager, error: unknown): Error | null {
  if (!(error instanceof Error) || error instanceof AppError) return null;
  const known = COLLISIONS.some((one) => error instanceof one) ? error : em.getDriver().convertException(error);
  return COLLISIONS.some((one) => known instanceof one) ? known : null;
}

/**
 * One transaction. When it collides with another one it is run anew, so that its own checks meet what the other left and say
 * so in the words of the domain: `work` may run several times and must change nothing but the database.
 */
export async function inTransaction<T>(em: SqlEntityManager, work: (tx: SqlEntityManager) => Promise<T>): Promise<T> {
  for (let run = 1; ; run += 1) {
    try {
      return await em.transactional(work);
    } catch (error) {
      const collision = collisionOf(em, error);
      if (collision === null) throw error;
      if (run === MOST_RUNS) throw outcomeOf(collision);
      await wait(Math.random() * PAUSE_MS * run);
    }
  }
}

function outcomeOf(collision: Error): Error {
  if (!(collision instanceof ForeignKeyConstraintViolationException)) return collision;
  return new AppError('NOT_FOUND', 'Something that this change refers to was removed at the same moment; nothing was changed.', {}, { cause: collision });
}
