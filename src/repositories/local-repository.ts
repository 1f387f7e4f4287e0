import type { SqlEntityManager } from '../platform/database/database.js';
import { ImageRepository } from './image-repository.entity.js';
import { retireRepository } from './retired-repositories.js';

/** The name of the local repository: the image server's host name in lower case, cut to the length of the column. */
export function localRepositoryName(hostname: string): string {
  return hostname.toLowerCase().slice(0, 32);
}

/**
 * Makes the local repository match the image server: it exists while one is configured, and has its name and URL. Call it in
 * the transaction that changes the image server.
 */
export async function syncLocalRepository(tx: SqlEntityManager, hostname: string | null, url: string): Promise<void> {
  const current = await tx.findOne(ImageRepository, { isLocal: true, retired: false });
  const name = hostname === null ? null : localRepositoryName(hostname);
  if (current !== null && current.name === name) {
    current.url = url;
    await tx.flush();
    return;
  }
  if (current !== null) await retireRepository(tx, current);
  if (name !== null) await tx.persist(tx.create(ImageRepository, { name, url, isLocal: true })).flush();
}
