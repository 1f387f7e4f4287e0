import type { SqlEntityManager } from '../platform/database/database.js';
import { hostKey } from '../platform/fetch/fetch.js';
import { ImageRepository } from './image-repository.entity.js';

/**
 * Hosts of the configured repositories: a SuperAdmin vouches for them, wherever they are. The image server is not among
 * them: it trusts its own machine, so nobody may make the gateway fetch from there.
 */
export async function trustedHosts(em: SqlEntityManager): Promise<ReadonlySet<string>> {
  const rows = await em.fork().find(ImageRepository, { retired: false, isLocal: false }, { fields: ['url'] });
  return new Set(rows.filter((row) => URL.canParse(row.url)).map((row) => hostKey(row.url)));
}
