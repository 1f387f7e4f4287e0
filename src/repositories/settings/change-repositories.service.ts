import { LockMode } from '@mikro-orm/core';
import type { Viewer } from '../../access/viewer.js';
import { GlobalSettings } from '../../datacenters/settings/global-settings.entity.js';
import { readImageServer } from '../../datacenters/settings/image-server-state.js';
import type { NamedUrlInput } from '../../datacenters/settings/settings.inputs.js';
import type { ImgapiClient } from '../../imgapi/client.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { alreadyExists, badInput, blaming, notFound } from '../../platform/errors.js';
import { hostKey } from '../../platform/fetch/fetch.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { type Announce, transact } from '../../tasks/changes/transact.js';
import { recordDone } from '../../tasks/runner/record-task.js';
import type { CredentialsFor } from '../credentials/repository-access.js';
import { nextCredentials, splitCredentials } from '../credentials/split-credentials.js';
import { ImageRepository } from '../image-repository.entity.js';
import type { ImageRepositoryType } from '../image-repository.type.js';
import { localRepositoryName } from '../local-repository.js';
import { purgeRetiredRepositories, retireRepository } from '../retired-repositories.js';
import type { RepositoryQueries } from '../repository.queries.js';
import { configuredRepositories, MAX_REPOSITORIES, nameFault } from './configure-repositories.js';

export interface ChangeRepositoriesServices {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  imgapi: ImgapiClient;
  repositories: RepositoryQueries;
  credentialsFor: CredentialsFor;
}

/** How long a server may take to begin its list before it counts as none. */
const PROBE_MS = 15_000;

/** Changes one entry of VMS_IMAGE_REPOSITORIES and leaves the others alone, whoever else changes them at the same time. For SuperAdmins. */
export class ChangeRepositoriesService {
  constructor(private readonly services: ChangeRepositoriesServices) {}

  /** Adds a repository that answers with a list of images. */
  async add(input: NamedUrlInput): Promise<ImageRepositoryType> {
    this.services.viewer.demand('globalSettings.change');
    const check = (present: ImageRepository | null, count: number): void => {
      if (present !== null) throw alreadyExists(`The repository ${input.name} is there already, with the address ${redactUrl(present.url)}; choose another name, or point it elsewhere with updateImageRepository.`, { name: input.name });
      if (count >= MAX_REPOSITORIES) throw badInput([{ path: 'name', code: 'TOO_MANY', params: { given: count + 1, accepted: MAX_REPOSITORIES }, message: `${count} repositories are configured, and at most ${MAX_REPOSITORIES} are accepted; remove one first.` }]);
    };
    return this.#point(input, check);
  }

  /** Points a repository at another address: its stored list goes, images imported from it stay. */
  async update(input: NamedUrlInput): Promise<ImageRepositoryType> {
    this.services.viewer.demand('globalSettings.change');
    return this.#point(input, (present) => {
      if (present === null) throw notFound('image repository', input.name, 'name');
    });
  }

  /** Removes a repository and its stored list; returns its name. */
  async remove(name: string): Promise<string> {
    this.services.viewer.demand('globalSettings.change');
    await this.#change(async (tx) => {
      const { present, localName } = await findRepository(tx, name);
      if (name === localName) throw badInput([{ path: 'name', code: 'NOT_ACCEPTED', params: { value: name }, message: `${name} is the local repository, which is there while an image server is configured; change vmsImageVm instead.` }]);
      if (present === null) throw notFound('image repository', name, 'name');
      await retireRepository(tx, present);
    });
    return name;
  }

  /** Checks before the probe, which may take long, and again in the transaction, as others may have changed something meanwhile. */
  async #point({ name, url: given }: NamedUrlInput, check: (present: ImageRepository | null, count: number) => void): Promise<ImageRepositoryType> {
    const split = splitCredentials(given);
    const { url } = split;
    const checked = async (em: SqlEntityManager): Promise<ImageRepository | null> => {
      const { present, localName, count } = await findRepository(em, name);
      const fault = nameFault('name', name, localName);
      if (fault !== null) throw badInput([fault]);
      check(present, count);
      return present;
    };
    const before = await checked(this.services.em.fork());
    if (before?.url !== url || split.credentials !== null) await blaming({ url: redactUrl(url) }, async () => this.#probe({ name, url, credentials: nextCredentials(split, before) }));
    await this.#change(async (tx, announce) => {
      const present = await checked(tx);
      const credentials = nextCredentials(split, present);
      if (present?.url === url) {
        present.credentials = credentials;
        return;
      }
      if (present !== null) await retireRepository(tx, present);
      const row = tx.create(ImageRepository, { name, url, credentials });
      await tx.persist(row).flush();
      announce({ type: 'repository', repositoryId: row.id });
    });
    return this.services.repositories.require(name);
  }

  /** Throws what a load of this address would fail with at its beginning: unreachable, or no list of images. */
  async #probe(repository: Pick<ImageRepository, 'name' | 'url' | 'credentials'>): Promise<void> {
    const { url } = repository;
    const access = { trustedHosts: new Set([hostKey(url)]), credentials: this.services.credentialsFor(repository) };
    const list = await this.services.imgapi.listImages(url, { ...access, timeLimitMs: PROBE_MS });
    if (list.notModified) return;
    await list.entries.next();
    await list.entries.return(undefined);
  }

  /** Runs one change while no other changes the settings, and records the lists before and after it. */
  async #change(work: (tx: SqlEntityManager, announce: Announce) => Promise<void>): Promise<void> {
    const { em, viewer, changes } = this.services;
    await transact(em.fork(), changes, async (tx, announce) => {
      await tx.findOneOrFail(GlobalSettings, 1, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const before = await shownRepositories(tx);
      await work(tx, announce);
      const after = await shownRepositories(tx);
      if (JSON.stringify(before) === JSON.stringify(after)) return;
      await recordDone(tx, { action: 'SETTINGS_UPDATE', userId: viewer.userId, detail: { vmsImageRepositories: { before, after } } }, announce);
    });
    // Not awaited: it may take long, and what it leaves undone is purged at the next start.
    void purgeRetiredRepositories(em.fork()).catch(() => undefined);
  }
}

interface Found {
  /** The configured repository of that name. */
  present: ImageRepository | null;
  localName: string | null;
  /** How many are configured. */
  count: number;
}

async function findRepository(em: SqlEntityManager, name: string): Promise<Found> {
  const configured = await em.find(ImageRepository, { retired: false, isLocal: false });
  const server = await readImageServer(em);
  const localName = server === null ? null : localRepositoryName(server.hostname);
  return { present: configured.find((one) => one.name === name) ?? null, localName, count: configured.length };
}

/** As the detail of a task may show them: URLs without their query. */
async function shownRepositories(tx: SqlEntityManager): Promise<{ name: string; url: string }[]> {
  return (await configuredRepositories(tx)).map(({ name, url }) => ({ name, url: redactUrl(url) }));
}
