import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { alreadyExists, badInput, type FieldError, notFound, unknownName } from '../../platform/errors.js';
import { comparisonKey } from '../../platform/display-text.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { Group } from './group.entity.js';
import { fieldFault } from './people-rules.js';
import { SYSTEM_USERNAME, User } from './user.entity.js';
import type { CreateUserInput, UpdateUserInput } from './user.inputs.js';
import type { UserQueries } from './user.queries.js';
import type { UserType } from './user.type.js';
import type { Viewer } from '../viewer.js';

/** The groups of those names; each unknown one is a fault. */
async function findGroups(tx: SqlEntityManager, names: readonly string[], faults: FieldError[]): Promise<Group[]> {
  const groups = await tx.find(Group, { name: [...names] });
  names.forEach((name, at) => {
    if (!groups.some((group) => group.name === name)) faults.push(unknownName(`groups.${at}`, 'group', name));
  });
  return groups;
}

/** Creates and changes accounts, for SuperAdmins. */
export class UserService {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly users: UserQueries,
  ) {}

  async create(input: CreateUserInput): Promise<UserType> {
    this.viewer.demand('people.change');
    const { username, email } = input;
    const taken = alreadyExists(`The username ${username} is taken; upper and lower case are the same.`, { username });
    try {
      await inTransaction(this.em.fork(), async (tx) => {
        const faults = [...fieldFault('username', username), ...fieldFault('email', email)];
        const groups = await findGroups(tx, input.groups ?? [], faults);
        if (faults.length > 0) throw badInput(faults);
        if ((await tx.count(User, { usernameKey: comparisonKey(username) })) > 0) throw taken;
        const user = tx.create(User, { username, email: email ?? null, isSuperAdmin: input.isSuperAdmin ?? false });
        user.groups.add(groups);
        tx.persist(user);
      });
    } catch (error) {
      throw error instanceof UniqueConstraintViolationException ? taken : error;
    }
    return this.#shown(username);
  }

  async update(input: UpdateUserInput): Promise<UserType> {
    this.viewer.demand('people.change');
    await inTransaction(this.em.fork(), async (tx) => {
      // Lock all SuperAdmins, so that two requests at once cannot each deactivate the other's and leave none.
      const admins = await tx.find(User, { isSuperAdmin: true, active: true }, { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' } });
      const user = await tx.findOne(User, { username: input.username, $not: { username: SYSTEM_USERNAME } }, { populate: ['groups'] });
      if (user === null) throw notFound('user', input.username, 'username');
      const faults = [...fieldFault('email', input.email)];
      const losesPower = input.isSuperAdmin === false || input.active === false;
      if (losesPower && admins.length === 1 && admins[0]?.id === user.id) {
        const path = input.isSuperAdmin === false ? 'isSuperAdmin' : 'active';
        faults.push({ path, code: 'NOT_ACCEPTED', message: `${user.username} is the last active SuperAdmin; make another one first.` });
      }
      const groups = await findGroups(tx, input.groups ?? [], faults);
      if (faults.length > 0) throw badInput(faults);
      if (input.email !== undefined) user.email = input.email;
      user.isSuperAdmin = input.isSuperAdmin ?? user.isSuperAdmin;
      user.active = input.active ?? user.active;
      if (input.groups) user.groups.set(groups);
    });
    return this.#shown(input.username);
  }

  async #shown(username: string): Promise<UserType> {
    const user = await this.users.byUsername(username);
    if (user === null) throw notFound('user', username);
    return user;
  }
}
