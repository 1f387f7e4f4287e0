import type { SqlEntityManager } from '../../platform/database/database.js';
import type { FetchAccess } from '../../platform/fetch/fetch.js';
import { ImageRepository } from '../image-repository.entity.js';
import { trustedHosts } from '../trusted-hosts.js';

/** What requests to a source may use; `repositoryId` is the repository that they are for, null for a URL that a caller gave. */
export type AccessTo = (em: SqlEntityManager, repositoryId: number | null) => Promise<FetchAccess>;

/** User and password for requests to a repository, as FetchAccess takes them; undefined for none. */
export type CredentialsFor = (repository: Pick<ImageRepository, 'name' | 'url' | 'credentials'>) => FetchAccess['credentials'];

/** Of REPOSITORY_AUTH_NAME, or else of the URL of the repository; for its own origin only. */
export function credentialsFrom(auth: ReadonlyMap<string, string>): CredentialsFor {
  return ({ name, url, credentials }) => {
    const origin = URL.parse(url)?.origin ?? null;
    const userAndPassword = auth.get(settingSuffix(name)) ?? credentials ?? null;
    if (origin === null || userAndPassword === null) return undefined;
    return { origin, authorization: `Basic ${Buffer.from(userAndPassword).toString('base64')}` };
  };
}

/**
 * Requests for a repository carry its user and password. A URL that a caller gave gets none, even where it leads to the same host: callers
 * must not read with rights that are not theirs.
 */
export function accessToRepositories(auth: ReadonlyMap<string, string>): AccessTo {
  const credentialsFor = credentialsFrom(auth);
  return async (em, repositoryId) => {
    const hosts = await trustedHosts(em);
    const repository = repositoryId === null ? null : await em.fork().findOne(ImageRepository, { id: repositoryId, retired: false, isLocal: false });
    return { trustedHosts: hosts, credentials: repository === null ? undefined : credentialsFor(repository) };
  };
}

/** The names that follow REPOSITORY_AUTH_ and are of no configured repository. */
export async function unknownRepositoryAuth(em: SqlEntityManager, auth: ReadonlyMap<string, string>): Promise<string[]> {
  if (auth.size === 0) return [];
  const rows = await em.fork().find(ImageRepository, { retired: false, isLocal: false }, { fields: ['name'] });
  const known = new Set(rows.map(({ name }) => settingSuffix(name)));
  return [...auth.keys()].filter((name) => !known.has(name)).sort();
}

/** What follows REPOSITORY_AUTH_ for the repository of this name. */
function settingSuffix(name: string): string {
  return name.toUpperCase().replace(/[.-]/g, '_');
}
