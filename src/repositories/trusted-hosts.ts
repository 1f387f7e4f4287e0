import type { SqlEntityManager } from '../platform/database/database.js';
import { hostKey } from '../platform/fetch/fetch.js';
import { ImageRepository } from './image-repository.entity.js';

/**
 * The hosts of the configured repositories, which may have any address because a SuperAdmin vouches for them. The image
 * server is not one of them: it trusts its own machine, so no caller may make the gateway fetch from it.
 */
export async function trustedHosts(em: SqlEntityManager): Promise<ReadonlySet<string>> {
  const rows = await em.fork().find(ImageRepository, { retired: false, isLocal: false }, { fields: ['url'] });
  return new Set(rows.filter((row) => URL.canParse(row.url)).map((row) => hostKey(row.url)));
}
