import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import { Group } from '../access/people/group.entity.js';
import { fieldFault } from '../access/people/people-rules.js';
import { User } from '../access/people/user.entity.js';
import type { Viewer } from '../access/viewer.js';
import type { SqlEntityManager } from '../platform/database/database.js';
import { comparisonKey, withStoredTexts } from '../platform/display-text.js';
import { alreadyExists, badInput, type FieldError, notFound, unknownName } from '../platform/errors.js';
import type { ChangeBus } from '../tasks/changes/change-bus.js';
import { recordDone } from '../tasks/runner/record-task.js';
import { type Announce, transact } from '../tasks/changes/transact.js';
import { announceDetached } from './detached-images.js';
import { countServers, deletionRefusal } from './datacenter-rules.js';
import { Datacenter, DEFAULT_DATACENTER } from './datacenter.entity.js';
import type { CreateDatacenterInput, UpdateDatacenterInput } from './datacenter.inputs.js';
import type { DatacenterQueries } from './datacenter.queries.js';
import type { DatacenterType } from './datacenter.type.js';

export interface DatacenterServiceDependencies {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  datacenters: DatacenterQueries;
}

type Fields = Pick<UpdateDatacenterInput, 'alias' | 'access' | 'owner' | 'groups' | 'description'>;

/** The rows that an input names. Throws BAD_USER_INPUT with all faults of the input at once. */
async function check(tx: SqlEntityManager, name: string, input: Fields, faults: FieldError[]): Promise<{ owner: User | null; groups: Group[] }> {
  faults.push(...fieldFault('alias', input.alias), ...fieldFault('description', input.description));
  if (name === DEFAULT_DATACENTER && input.access === 'PRIVATE') {
    faults.push({ path: 'access', code: 'NOT_ACCEPTED', params: { value: 'PRIVATE' }, message: 'The default datacenter main is always PUBLIC.' });
  }
  const owner = input.owner ? await tx.findOne(User, { username: input.owner, active: true }) : null;
  if (input.owner && owner === null) faults.push(unknownName('owner', 'active user', input.owner));
  const groups = await tx.find(Group, { name: input.groups ?? [] });
  (input.groups ?? []).forEach((wanted, at) => {
    if (!groups.some((group) => group.name === wanted)) faults.push(unknownName(`groups.${at}`, 'group', wanted));
  });
  if (faults.length > 0) throw badInput(faults);
  return { owner, groups };
}

/** The fields that the task log compares. */
function logged(datacenter: Datacenter, owner: string): Record<string, unknown> {
  const { alias, access, description } = datacenter;
  return { alias, access, description, owner, groups: datacenter.groups.getItems().map((group) => group.name).sort() };
}

/** Creates, changes and deletes datacenters, for SuperAdmins. Each change is one line of the task log. */
export class DatacenterService {
  constructor(private readonly dependencies: DatacenterServiceDependencies) {}

  async create(input: CreateDatacenterInput): Promise<DatacenterType> {
    return this.#createStored(withStoredTexts(input));
  }

  async #createStored(input: CreateDatacenterInput): Promise<DatacenterType> {
    const { em, viewer, changes, datacenters } = this.dependencies;
    viewer.demand('datacenter.change');
    const { name } = input;
    const taken = alreadyExists(`The datacenter name ${name} is taken; upper and lower case are the same.`, { name });
    try {
      await transact(em.fork(), changes, async (tx, announce) => {
        const { owner, groups } = await check(tx, name, input, fieldFault('name', name));
        if ((await tx.count(Datacenter, { nameKey: comparisonKey(name) })) > 0) throw taken;
        const datacenter = tx.create(Datacenter, {
          name,
          alias: input.alias ?? name,
          access: input.access ?? 'PRIVATE',
          owner: owner ?? viewer.userId,
          description: input.description ?? '',
        });
        datacenter.groups.add(groups);
        await tx.flush();
        await this.#log(tx, 'DATACENTER_CREATE', datacenter.id, { name, ...logged(datacenter, input.owner ?? viewer.username) }, announce);
      });
    } catch (error) {
      throw error instanceof UniqueConstraintViolationException ? taken : error;
    }
    return datacenters.require(name);
  }

  async update(input: UpdateDatacenterInput): Promise<DatacenterType> {
    return this.#updateStored(withStoredTexts(input));
  }

  async #updateStored(input: UpdateDatacenterInput): Promise<DatacenterType> {
    const { em, viewer, changes, datacenters } = this.dependencies;
    viewer.demand('datacenter.change');
    await transact(em.fork(), changes, async (tx, announce) => {
      const datacenter = await tx.findOne(Datacenter, { name: input.name }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (datacenter === null) throw notFound('datacenter', input.name, 'name');
      // Not in the locking statement, which would lock the owner as well and block all who refer to that user.
      await tx.populate(datacenter, ['groups', 'owner']);
      const before = logged(datacenter, datacenter.owner.getEntity().username);
      const { owner, groups } = await check(tx, input.name, input, []);
      datacenter.alias = input.alias ?? datacenter.alias;
      datacenter.access = input.access ?? datacenter.access;
      datacenter.description = input.description ?? datacenter.description;
      if (owner) tx.assign(datacenter, { owner });
      if (input.groups) datacenter.groups.set(groups);
      const after = logged(datacenter, owner?.username ?? String(before.owner));
      const detail = Object.fromEntries(
        Object.keys(after)
          .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
          .map((field) => [field, { before: before[field], after: after[field] }]),
      );
      if (Object.keys(detail).length > 0) await this.#log(tx, 'DATACENTER_UPDATE', datacenter.id, detail, announce);
    });
    return datacenters.require(input.name);
  }

  /** Deletes a datacenter without servers. Its images are unbound and detached, and stay in the catalogue. */
  async delete(name: string): Promise<string> {
    const { em, viewer, changes } = this.dependencies;
    viewer.demand('datacenter.change');
    await transact(em.fork(), changes, async (tx, announce) => {
      // Lock it, so that no server is registered in it between the check and the commit.
      const datacenter = await tx.findOne(Datacenter, { name }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (datacenter === null) throw notFound('datacenter', name, 'name');
      const [servers = 0] = await countServers(tx, [datacenter.id]);
      const refusal = deletionRefusal(name, servers);
      if (refusal !== null) throw refusal;
      const detachedImages = await announceDetached(tx, datacenter.id, announce);
      await this.#log(tx, 'DATACENTER_DELETE', null, { name, alias: datacenter.alias, access: datacenter.access, detachedImages }, announce);
      await tx.flush();
      await tx.nativeDelete(Datacenter, { id: datacenter.id });
    });
    return name;
  }

  async #log(
    tx: SqlEntityManager,
    action: 'DATACENTER_CREATE' | 'DATACENTER_UPDATE' | 'DATACENTER_DELETE',
    datacenterId: number | null,
    detail: Record<string, unknown>,
    announce: Announce,
  ): Promise<void> {
    await recordDone(tx, { action, userId: this.dependencies.viewer.userId, datacenterId, detail }, announce);
  }
}
