import { LockMode } from '@mikro-orm/core';
import type { Viewer } from '../../access/viewer.js';
import { readImageServer } from '../../datacenters/settings/image-server-state.js';
import { GlobalSettings } from '../../datacenters/settings/global-settings.entity.js';
import type { UpdateGlobalSettingsInput } from '../../datacenters/settings/settings.inputs.js';
import type { SettingsQueries } from '../../datacenters/settings/settings.queries.js';
import type { GlobalSettingsType } from '../../datacenters/settings/settings.type.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { badInput, type FieldError } from '../../platform/errors.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import { configuredRepositories, configureRepositories, repositoryFaults } from '../../repositories/settings/configure-repositories.js';
import { purgeRetiredRepositories } from '../../repositories/retired-repositories.js';
import { localRepositoryName, syncLocalRepository } from '../../repositories/local-repository.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { recordDone } from '../../tasks/runner/record-task.js';
import { transact } from '../../tasks/changes/transact.js';
import { lockServer } from '../lock-server.js';
import { VirtualServer } from '../virtual-server.entity.js';

const MAX_SOURCES = 16;

export interface GlobalSettingsServices {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  settings: SettingsQueries;
  imageServerUrl: string;
}

/** Changes the global settings, for SuperAdmins: everything that is given, or nothing. */
export class GlobalSettingsService {
  constructor(private readonly services: GlobalSettingsServices) {}

  async update(input: UpdateGlobalSettingsInput): Promise<GlobalSettingsType> {
    const { em, viewer, changes, settings, imageServerUrl } = this.services;
    viewer.demand('globalSettings.change');
    const droppedRepositories = await transact(em.fork(), changes, async (tx, announce) => {
      const row = await tx.findOneOrFail(GlobalSettings, 1, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const before = await readSettings(tx, row);
      const faults = inputFaults(input);
      const server = typeof input.vmsImageVm === 'string' ? await findImageServer(tx, input.vmsImageVm, faults) : null;
      faults.push(...(await nicFaults(tx, input, row, server)));
      const hostname = input.vmsImageVm === undefined ? before.vmsImageVm : (server?.hostname ?? null);
      const localName = hostname === null ? null : localRepositoryName(hostname);
      const repositories = input.vmsImageRepositories ?? before.vmsImageRepositories;
      faults.push(...repositoryFaults(repositories, localName));
      if (faults.length > 0) throw badInput(faults);
      if (input.vmsImageVm !== undefined) tx.assign(row, { imageServer: server });
      row.imageServerNic = input.vmsImageVmNic ?? row.imageServerNic;
      row.imageSources = input.vmsImageSources ?? row.imageSources;
      await tx.flush();
      const dropped = input.vmsImageRepositories ? await configureRepositories(tx, repositories, announce) : [];
      await syncLocalRepository(tx, hostname, imageServerUrl);
      const detail = changedSettings(before, await readSettings(tx, row));
      if (Object.keys(detail).length > 0) await recordDone(tx, { action: 'SETTINGS_UPDATE', userId: viewer.userId, detail }, announce);
      return dropped;
    });
    // Not awaited: it may take long, and what it leaves undone is purged at the next start.
    void purgeRetiredRepositories(em.fork()).catch(() => undefined);
    return { ...(await settings.global()), droppedRepositories };
  }
}

/** A server that was registered without addresses may have any network card. */
async function nicFaults(tx: SqlEntityManager, input: UpdateGlobalSettingsInput, row: GlobalSettings, named: VirtualServer | null): Promise<FieldError[]> {
  const { vmsImageVm, vmsImageVmNic } = input;
  if (vmsImageVm === undefined && typeof vmsImageVmNic !== 'number') return [];
  const current = vmsImageVm === undefined && row.imageServer ? await tx.findOne(VirtualServer, row.imageServer.id) : null;
  const server = named ?? current;
  const cards = server?.addresses.length ?? 0;
  const nic = vmsImageVmNic ?? row.imageServerNic;
  if (server === null || cards === 0 || nic <= cards) return [];
  return [{ path: 'vmsImageVmNic', code: 'OUT_OF_RANGE', params: { value: nic, min: 1, max: cards }, message: `${server.hostname} has ${cards} network card${cards === 1 ? '' : 's'}, and no number ${nic}.` }];
}

/** The settings whose changes the log of tasks shows. */
interface ShownSettings {
  vmsImageVm: string | null;
  vmsImageVmNic: number;
  vmsImageSources: string[];
  vmsImageRepositories: { name: string; url: string }[];
}

const SETTINGS = ['vmsImageVm', 'vmsImageVmNic', 'vmsImageSources', 'vmsImageRepositories'] as const satisfies readonly (keyof ShownSettings)[];

async function readSettings(tx: SqlEntityManager, row: GlobalSettings): Promise<ShownSettings> {
  return {
    vmsImageVm: (await readImageServer(tx))?.hostname ?? null,
    vmsImageVmNic: row.imageServerNic,
    vmsImageSources: row.imageSources,
    vmsImageRepositories: await configuredRepositories(tx),
  };
}

function changedSettings(before: ShownSettings, after: ShownSettings): Record<string, unknown> {
  const [shownBefore, shownAfter] = [withoutSecrets(before), withoutSecrets(after)];
  return Object.fromEntries(
    SETTINGS.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field])).map((field) => [field, { before: shownBefore[field], after: shownAfter[field] }]),
  );
}

/** What the detail of a task may show: URLs without their query. */
function withoutSecrets(values: ShownSettings): ShownSettings {
  const { vmsImageSources, vmsImageRepositories } = values;
  return { ...values, vmsImageSources: vmsImageSources.map(redactUrl), vmsImageRepositories: vmsImageRepositories.map(({ name, url }) => ({ name, url: redactUrl(url) })) };
}

function inputFaults(input: UpdateGlobalSettingsInput): FieldError[] {
  const faults: FieldError[] = [];
  const { vmsImageVmNic: nic, vmsImageSources: sources } = input;
  for (const field of ['vmsImageVmNic', 'vmsImageSources', 'vmsImageRepositories'] as const) {
    if (input[field] === null) faults.push({ path: field, code: 'REQUIRED', message: 'null is not accepted here; leave the field out to keep what is set.' });
  }
  if (typeof nic === 'number' && nic < 1) faults.push({ path: 'vmsImageVmNic', code: 'OUT_OF_RANGE', params: { value: nic, min: 1 }, message: `${nic} is not a network card; they are counted from 1.` });
  if (sources && sources.length > MAX_SOURCES) {
    faults.push({ path: 'vmsImageSources', code: 'TOO_MANY', params: { given: sources.length, accepted: MAX_SOURCES }, message: `${sources.length} sources are given; at most ${MAX_SOURCES} are accepted.` });
  }
  return faults;
}

/** Null, and a fault, when the server cannot be the image server. */
async function findImageServer(tx: SqlEntityManager, named: string, faults: FieldError[]): Promise<VirtualServer | null> {
  const server = await lockServer(tx, named);
  const wanted = 'a SUNOS_ZONE server that is RUNNING or STOPPED can be the image server';
  const refuse = (message: string): null => {
    faults.push({ path: 'vmsImageVm', code: server === null ? 'NOT_FOUND' : 'NOT_ACCEPTED', message, params: { value: named } });
    return null;
  };
  if (server === null) return refuse(`There is no server "${named}"; ${wanted}.`);
  if (server.osType !== 'SUNOS_ZONE') return refuse(`${server.hostname} is a ${server.osType}; ${wanted}.`);
  return server.status === 'RUNNING' || server.status === 'STOPPED' ? server : refuse(`${server.hostname} is ${server.status}; ${wanted}.`);
}
