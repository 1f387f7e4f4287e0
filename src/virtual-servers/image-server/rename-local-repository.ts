import { readImageServer } from '../../datacenters/settings/image-server-state.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { badInput } from '../../platform/errors.js';
import { configuredRepositories } from '../../repositories/settings/configure-repositories.js';
import { ImageRepository } from '../../repositories/image-repository.entity.js';
import { localRepositoryName } from '../../repositories/local-repository.js';
import type { VirtualServer } from '../virtual-server.entity.js';

/**
 * Renames the local repository when the image server gets a new host name; the stored list stays. Does nothing for another
 * server. BAD_USER_INPUT when a configured repository has the name.
 */
export async function renameLocalRepository(tx: SqlEntityManager, server: VirtualServer, hostname: string): Promise<void> {
  if ((await readImageServer(tx))?.serverId !== server.id) return;
  const name = localRepositoryName(hostname);
  const isTaken = (await configuredRepositories(tx)).some((repository) => repository.name === name);
  if (isTaken) {
    const message = `${server.hostname} is the image server, and the local repository is named after it; ${name} is the name of another repository in VMS_IMAGE_REPOSITORIES.`;
    throw badInput([{ path: 'hostname', code: 'ALREADY_EXISTS', message, params: { value: hostname } }]);
  }
  await tx.nativeUpdate(ImageRepository, { isLocal: true, retired: false }, { name });
}
