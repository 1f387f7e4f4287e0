import type { SqlEntityManager } from '../platform/database/database.js';
import { ImageRepository } from './image-repository.entity.js';
import { retireRepository } from './retired-repositories.js';

/** The name of the local repository: the image server's host name in lower case, cut to what a name holds. */
export function localRepositoryName(hostname: string): string {
  return hostname.toLowerCase().slice(0, 32);
}

/**
 * Brings the local repository in line with the image server: there while one is configured, named after it, gone with it.
 * Part of the transaction that changes the image server.
 */
export async function syncLocalRepository(tx: SqlEntityManager, hostname: string | null, url: string): Promise<void> {
  const present = await tx.findOne(ImageRepository, { isLocal: true, retired: false });
  const name = hostname === null ? null : localRepositoryName(hostname);
  if (present !== null && present.name === name) {
    present.url = url;
    await tx.flush();
    return;
  }
  if (present !== null) await retireRepository(tx, present);
  if (name !== null) await tx.persist(tx.create(ImageRepository, { name, url, isLocal: true })).flush();
}
