import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import { Group } from '../../access/people/group.entity.js';
import type { CreateGroupInput, UpdateGroupInput } from '../../access/people/group.inputs.js';
import type { GroupQueries } from '../../access/people/group.queries.js';
import type { GroupType } from '../../access/people/group.type.js';
import { fieldFault } from '../../access/people/people-rules.js';
import { SYSTEM_USERNAME, User } from '../../access/people/user.entity.js';
import type { Viewer } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { alreadyExists, badInput, type FieldError, notFound, unknownName } from '../../platform/errors.js';
import { comparisonKey, withStoredTexts } from '../../platform/display-text.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { Datacenter } from '../datacenter.entity.js';

async function findUsers(tx: SqlEntityManager, usernames: readonly string[], faults: FieldError[]): Promise<User[]> {
  const users = await tx.find(User, { username: usernames.filter((username) => username !== SYSTEM_USERNAME) });
  usernames.forEach((username, at) => {
    if (!users.some((user) => user.username === username)) faults.push(unknownName(`users.${at}`, 'user', username));
  });
  return users;
}

async function findDatacenters(tx: SqlEntityManager, names: readonly string[], faults: FieldError[]): Promise<Datacenter[]> {
  const datacenters = await tx.find(Datacenter, { name: [...names] }, { lockMode: LockMode.PESSIMISTIC_READ, orderBy: { id: 'asc' } });
  names.forEach((name, at) => {
    if (!datacenters.some((one) => one.name === name)) faults.push(unknownName(`datacenters.${at}`, 'datacenter', name));
  });
  return datacenters;
}

/** Creates, changes and deletes groups, for SuperAdmins. It is in this feature because `access` may not import datacenters. */
export class GroupService {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly groups: GroupQueries,
  ) {}

  async create(input: CreateGroupInput): Promise<GroupType> {
    return this.#createStored(withStoredTexts(input));
  }

  async #createStored(input: CreateGroupInput): Promise<GroupType> {
    this.viewer.demand('people.change');
    const { name } = input;
    const taken = alreadyExists(`The group name ${name} is taken; upper and lower case are the same.`, { name });
    try {
      await inTransaction(this.em.fork(), async (tx) => {
        const faults = [...fieldFault('name', name), ...fieldFault('alias', input.alias)];
        const users = await findUsers(tx, input.users ?? [], faults);
        const datacenters = await findDatacenters(tx, input.datacenters ?? [], faults);
        if (faults.length > 0) throw badInput(faults);
        if ((await tx.count(Group, { nameKey: comparisonKey(name) })) > 0) throw taken;
        const group = tx.create(Group, { name, alias: input.alias ?? name, permissions: [...new Set(input.permissions)] });
        group.datacenters.add(datacenters);
        for (const user of users) user.groups.add(group);
        tx.persist(group);
      });
    } catch (error) {
      throw error instanceof UniqueConstraintViolationException ? taken : error;
    }
    return this.#shown(name);
  }

  async update(input: UpdateGroupInput): Promise<GroupType> {
    return this.#updateStored(withStoredTexts(input));
  }

  async #updateStored(input: UpdateGroupInput): Promise<GroupType> {
    this.viewer.demand('people.change');
    await inTransaction(this.em.fork(), async (tx) => {
      const faults = fieldFault('alias', input.alias);
      // Lock the datacenters before the group, as a change of a datacenter does: two transactions cannot deadlock.
      const datacenters = await findDatacenters(tx, input.datacenters ?? [], faults);
      const group = await tx.findOne(Group, { name: input.name }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (group === null) throw notFound('group', input.name, 'name');
      await tx.populate(group, ['users', 'datacenters']);
      const users = await findUsers(tx, input.users ?? [], faults);
      if (faults.length > 0) throw badInput(faults);
      group.alias = input.alias ?? group.alias;
      if (input.permissions) group.permissions = [...new Set(input.permissions)];
      if (input.users) group.users.set(users);
      if (input.datacenters) group.datacenters.set(datacenters);
    });
    return this.#shown(input.name);
  }

  async delete(name: string): Promise<string> {
    this.viewer.demand('people.change');
    const deleted = await inTransaction(this.em.fork(), async (tx) => tx.nativeDelete(Group, { name }));
    if (deleted === 0) throw notFound('group', name, 'name');
    return name;
  }

  async #shown(name: string): Promise<GroupType> {
    const group = await this.groups.byName(name);
    if (group === null) throw notFound('group', name);
    return group;
  }
}
