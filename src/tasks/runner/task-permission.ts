import { accountById } from '../../access/sign-in/load-viewer.js';
import { SYSTEM_USERNAME } from '../../access/people/user.entity.js';
import type { Verdict, Viewer } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError, forbidden } from '../../platform/errors.js';
import type { TaskStarter } from './record-task.js';

/** Whether a viewer may start such a task: the same verdict as of its mutation. */
export type TaskPermission = (viewer: Viewer) => Verdict;

/**
 * FORBIDDEN unless the account that started a task is active and has the permission now. Within a transaction, the permissions stay
 * locked until it ends. Tasks that the gateway started itself always pass.
 */
export async function demandStarter(em: SqlEntityManager, { userId, tokenGroups }: TaskStarter, permission: TaskPermission): Promise<void> {
  const account = await accountById(em, userId, tokenGroups);
  if (account?.username === SYSTEM_USERNAME) return;
  if (account === null || account.viewer === null) {
    throw forbidden(`The account ${account?.username ?? ''} that asked for this is not active any more.`, { permissions: [], datacenter: null });
  }
  const verdict = permission(account.viewer);
  if (!verdict.allowed) throw inThirdPerson(verdict.error, account.username);
}

/** Not in the second person: other users read this error in the task. */
function inThirdPerson({ code, message, extensions }: AppError, username: string): AppError {
  const said = message.replace(/^You may not /, `${username} may no longer `).replace(/\b[Yy]ou need\b/, `${username} needs`);
  return new AppError(code, said, extensions);
}
