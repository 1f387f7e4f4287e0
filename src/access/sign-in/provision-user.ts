import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { inTransaction } from '../../platform/database/in-transaction.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { comparisonKey } from '../../platform/display-text.js';
import { fieldFault } from '../people/people-rules.js';
import { SYSTEM_USERNAME, User } from '../people/user.entity.js';

/** Whether a token may create a user of that name: the rules of `createUser`, and never the built-in user in any spelling. */
function mayProvision(username: string): boolean {
  return fieldFault('username', username).length === 0 && username.toLowerCase() !== SYSTEM_USERNAME;
}

/** Whether another user has the name in other letters, such as "ADMIN" beside "admin". */
async function looksLikeAnother(em: SqlEntityManager, username: string): Promise<boolean> {
  return (await em.count(User, { usernameKey: comparisonKey(username), username: { $ne: username } })) > 0;
}

/**
 * Creates a plain user without groups; false for a name that the rules refuse. When several processes create the user at once, one
 * does and the others find it.
 */
export async function provisionUser(em: SqlEntityManager, username: string): Promise<boolean> {
  if (!mayProvision(username) || (await looksLikeAnother(em, username))) return false;
  try {
    await inTransaction(em.fork(), async (tx) => {
      if ((await tx.count(User, { username })) === 0) tx.persist(tx.create(User, { username }));
    });
  } catch (error) {
    // Another process was faster, again and again; the user is there.
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
  }
  return true;
}
