import type { NamedUrlInput } from '../datacenters/settings/settings.inputs.js';
import type { SqlEntityManager } from '../platform/database/database.js';
import { quoteVisibly, strangeCharacter } from '../platform/display-text.js';
import type { FieldError } from '../platform/errors.js';
import type { Announce } from '../tasks/changes/transact.js';
import { splitCredentials } from './credentials/split-credentials.js';
import { ImageRepository } from './image-repository.entity.js';
import { retireRepository } from './retired-repositories.js';

const NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/;
const MAX_REPOSITORIES = 16;

/** Every fault of a list that is to replace the configured repositories; `localName` is the name of the local one. */
export function repositoryFaults(wanted: readonly NamedUrlInput[], localName: string | null): FieldError[] {
  const faults: FieldError[] = [];
  const field = 'vmsImageRepositories';
  if (wanted.length > MAX_REPOSITORIES) {
    faults.push({ path: field, message: `${wanted.length} repositories are given; at most ${MAX_REPOSITORIES} are accepted.` });
  }
  wanted.forEach(({ name }, at) => {
    const path = `${field}.${at}.name`;
    if (!NAME.test(name)) faults.push({ path, message: `${quoteVisibly(name)} is not a name: 1 to 32 of a-z, 0-9 and "._-", first a letter or digit.${strangeCharacter(name)}` });
    else if (name === localName) faults.push({ path, message: `${name} is the name of the local repository; choose another one.` });
    else if (wanted.findIndex((one) => one.name === name) < at) faults.push({ path, message: `The name ${name} is given twice.` });
  });
  return faults;
}

/** The configured repositories, by name; their rows are the setting VMS_IMAGE_REPOSITORIES. */
export async function configuredRepositories(em: SqlEntityManager): Promise<{ name: string; url: string }[]> {
  const rows = await em.find(ImageRepository, { retired: false, isLocal: false }, { orderBy: { name: 'asc' } });
  return rows.map(({ name, url }) => ({ name, url }));
}

/**
 * Replaces the configured repositories. One whose name and URL stay the same keeps its stored list; the others are retired. It also keeps
 * its user and password if the URL comes without any, as the graph shows it.
 */
export async function configureRepositories(tx: SqlEntityManager, given: readonly NamedUrlInput[], announce: Announce): Promise<void> {
  const wanted = given.map(({ name, url }) => ({ name, ...splitCredentials(url) }));
  const configured = await tx.find(ImageRepository, { retired: false, isLocal: false });
  const isWanted = (row: ImageRepository): boolean => wanted.some((one) => one.name === row.name && one.url === row.url);
  const unchanged = configured.filter(isWanted).map((row) => row.name);
  for (const row of configured) {
    if (!isWanted(row)) await retireRepository(tx, row);
    else row.credentials = wanted.find((one) => one.name === row.name)?.credentials ?? row.credentials;
  }
  await tx.flush();
  for (const { name, url, credentials } of wanted) {
    if (unchanged.includes(name)) continue;
    const row = tx.create(ImageRepository, { name, url, credentials });
    await tx.persist(row).flush();
    announce({ type: 'repository', repositoryId: row.id });
  }
}
