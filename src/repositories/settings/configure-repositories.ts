import type { NamedUrlInput } from '../../datacenters/settings/settings.inputs.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { quoteVisibly, strangeCharacter } from '../../platform/display-text.js';
import { type FieldError, textFault } from '../../platform/errors.js';
import type { Announce } from '../../tasks/changes/transact.js';
import { nextCredentials, splitCredentials } from '../credentials/split-credentials.js';
import { ImageRepository } from '../image-repository.entity.js';
import { retireRepository } from '../retired-repositories.js';

const NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/;
/** Most repositories that may be configured. */
export const MAX_REPOSITORIES = 16;

/** Why a repository cannot have this name; `localName` is the name of the local one. */
export function nameFault(path: string, name: string, localName: string | null): FieldError | null {
  if (!NAME.test(name)) return textFault(path, `${quoteVisibly(name)} is not a name: 1 to 32 of a-z, 0-9 and "._-", first a letter or digit.${strangeCharacter(name)}`, name, 32);
  if (name !== localName) return null;
  return { path, code: 'ALREADY_EXISTS', message: `${name} is the name of the local repository; choose another one.`, params: { value: name } };
}

/** Every fault of a list that is to replace the configured repositories; `localName` is the name of the local one. */
export function repositoryFaults(wanted: readonly NamedUrlInput[], localName: string | null): FieldError[] {
  const faults: FieldError[] = [];
  const field = 'vmsImageRepositories';
  if (wanted.length > MAX_REPOSITORIES) {
    faults.push({ path: field, code: 'TOO_MANY', params: { given: wanted.length, accepted: MAX_REPOSITORIES }, message: `${wanted.length} repositories are given; at most ${MAX_REPOSITORIES} are accepted.` });
  }
  wanted.forEach(({ name }, at) => {
    const path = `${field}.${at}.name`;
    const fault = nameFault(path, name, localName);
    if (fault !== null) faults.push(fault);
    else if (wanted.findIndex((one) => one.name === name) < at) faults.push({ path, code: 'DUPLICATE', params: { value: name }, message: `The name ${name} is given twice.` });
  });
  return faults;
}

/** The configured repositories, by name; their rows are the setting VMS_IMAGE_REPOSITORIES. */
export async function configuredRepositories(em: SqlEntityManager): Promise<{ name: string; url: string }[]> {
  const rows = await em.find(ImageRepository, { retired: false, isLocal: false }, { orderBy: { name: 'asc' } });
  return rows.map(({ name, url }) => ({ name, url }));
}

/**
 * Replaces the configured repositories. One whose name and URL stay the same keeps its stored list. The others are retired, and returned
 * as they were. A URL that comes without user and password, as the graph shows it, has those of the repository of that name if it leads
 * to the same server.
 */
export async function configureRepositories(tx: SqlEntityManager, given: readonly NamedUrlInput[], announce: Announce): Promise<{ name: string; url: string }[]> {
  const configured = await tx.find(ImageRepository, { retired: false, isLocal: false });
  const wanted = given.map(({ name, url: withCredentials }) => {
    const split = splitCredentials(withCredentials);
    return { name, url: split.url, credentials: nextCredentials(split, configured.find((row) => row.name === name) ?? null) };
  });
  const isWanted = (row: ImageRepository): boolean => wanted.some((one) => one.name === row.name && one.url === row.url);
  const unchanged = configured.filter(isWanted).map((row) => row.name);
  const unwanted = configured.filter((row) => !isWanted(row));
  const dropped = unwanted.map(({ name, url }) => ({ name, url })).sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const row of unwanted) await retireRepository(tx, row);
  for (const row of configured) {
    if (isWanted(row)) row.credentials = wanted.find((one) => one.name === row.name)?.credentials ?? null;
  }
  await tx.flush();
  for (const { name, url, credentials } of wanted) {
    if (unchanged.includes(name)) continue;
    const row = tx.create(ImageRepository, { name, url, credentials });
    await tx.persist(row).flush();
    announce({ type: 'repository', repositoryId: row.id });
  }
  return dropped;
}
