import { User } from '../../access/people/user.entity.js';
import type { Viewer } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { type FieldError, unknownName } from '../../platform/errors.js';

/** The id of the user that a caller names as owner; the viewer's when it names none. Adds a fault of `owner` unless that is an active user. */
export async function requireActiveUser(
  em: SqlEntityManager,
  username: string | null | undefined,
  viewer: Viewer,
  faults: FieldError[],
): Promise<number> {
  if (username === null || username === undefined) return viewer.userId;
  const user = await em.fork().findOne(User, { username, active: true }, { fields: ['id'] });
  if (user === null) faults.push(unknownName('owner', 'active user', username));
  return user?.id ?? viewer.userId;
}
