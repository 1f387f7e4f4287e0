import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import { User } from '../access/user.entity.js';
import type { Viewer } from '../access/viewer.js';
import { Datacenter } from '../datacenters/datacenter.entity.js';
import { GlobalSettings } from '../datacenters/global-settings.entity.js';
import type { SqlEntityManager } from '../platform/database.js';
import { alreadyExists, AppError, badInput, type FieldError, notFound } from '../platform/errors.js';
import { inTransaction } from '../platform/in-transaction.js';
import { placeDisks } from './place-disks.js';
import type { ServerQueries } from './server.queries.js';
import { serverFieldFaults } from './server-rules.js';
import { VirtualServer } from './virtual-server.entity.js';
import type { RegisterServerInput, UpdateServerInput } from './virtual-server.inputs.js';
import type { VirtualServerType } from './virtual-server.type.js';

interface Relations {
  datacenter: Datacenter | null;
  owner: User | null;
}

/** Keeps what the compute side reports about servers; for SuperAdmins. */
export class ServerService {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly servers: ServerQueries,
  ) {}

  /** A disk takes its image only by the rules of `disk-rules.ts`, checked in the transaction that makes the disk. */
  async register(input: RegisterServerInput): Promise<VirtualServerType> {
    this.viewer.demand('server.change');
    await this.#change(input.hostname, async (tx) => {
      const { datacenter, owner } = await this.#relations(tx, input, serverFieldFaults(input));
      if (datacenter === null || owner === null) throw new Error('A required relation was not checked.');
      await this.#requireFree(tx, input.uuid, input.hostname);
      const { uuid, hostname, osType } = input;
      const server = tx.create(VirtualServer, {
        uuid,
        hostname,
        osType,
        datacenter,
        owner,
        status: input.status ?? 'NOT_CREATED',
        tags: [...(input.tags ?? [])],
        addresses: [...(input.addresses ?? [])],
      });
      await tx.persist(server).flush();
      await placeDisks(tx, server, { datacenter, owner }, input.disks ?? []);
    });
    return this.servers.require(input.uuid);
  }

  async update(input: UpdateServerInput): Promise<VirtualServerType> {
    this.viewer.demand('server.change');
    await this.servers.require(input.uuid);
    await this.#change(input.hostname ?? '', async (tx) => {
      const server = await tx.findOne(VirtualServer, { uuid: input.uuid }, { lockMode: LockMode.PESSIMISTIC_WRITE, populate: ['disks'] });
      if (server === null) throw notFound('server', input.uuid);
      const { datacenter, owner } = await this.#relations(tx, input, serverFieldFaults(input));
      if (input.hostname) await this.#requireFree(tx, null, input.hostname, server.id);
      server.hostname = input.hostname ?? server.hostname;
      server.status = input.status ?? server.status;
      if (input.tags) server.tags = [...input.tags];
      if (input.addresses) server.addresses = [...input.addresses];
      if (datacenter) tx.assign(server, { datacenter });
      if (owner) tx.assign(server, { owner });
      await tx.flush();
      if (!input.disks) return;
      const place = {
        datacenter: datacenter ?? (await tx.findOneOrFail(Datacenter, server.datacenter.id)),
        owner: owner ?? (await tx.findOneOrFail(User, server.owner.id)),
      };
      await placeDisks(tx, server, place, input.disks);
    });
    return this.servers.require(input.uuid);
  }

  /** Its disks and snapshots go with it. */
  async unregister(uuid: string): Promise<string> {
    this.viewer.demand('server.change');
    await inTransaction(this.em.fork(), async (tx) => {
      const server = await tx.findOne(VirtualServer, { uuid }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (server === null) throw notFound('server', uuid);
      if ((await tx.count(GlobalSettings, { imageServer: server.id })) > 0) {
        throw new AppError('SERVER_IS_IMAGE_SERVER', `${server.hostname} is the image server (VMS_IMAGE_VM); name another one, or none, in the global settings first.`);
      }
      await tx.nativeDelete(VirtualServer, { id: server.id });
    });
    return uuid;
  }

  async #change(hostname: string, work: (tx: SqlEntityManager) => Promise<void>): Promise<void> {
    try {
      await inTransaction(this.em.fork(), work);
    } catch (error) {
      throw error instanceof UniqueConstraintViolationException ? alreadyExists(`A server with this uuid or the host name ${hostname} exists already.`) : error;
    }
  }

  async #relations(tx: SqlEntityManager, input: { datacenter?: string | null; owner?: string | null }, faults: FieldError[]): Promise<Relations> {
    // Held, so that it is not deleted before the server is in it.
    const datacenter = input.datacenter ? await tx.findOne(Datacenter, { name: input.datacenter }, { lockMode: LockMode.PESSIMISTIC_READ }) : null;
    if (input.datacenter && datacenter === null) faults.push({ path: 'datacenter', message: `There is no datacenter "${input.datacenter}".` });
    const owner = input.owner ? await tx.findOne(User, { username: input.owner, active: true }) : null;
    if (input.owner && owner === null) faults.push({ path: 'owner', message: `There is no active user "${input.owner}".` });
    if (faults.length > 0) throw badInput(faults);
    return { datacenter, owner };
  }

  async #requireFree(tx: SqlEntityManager, uuid: string | null, hostname: string, except = 0): Promise<void> {
    if (uuid !== null && (await tx.count(VirtualServer, { uuid })) > 0) throw alreadyExists(`A server with the uuid ${uuid} is registered already.`);
    if ((await tx.count(VirtualServer, { hostname, id: { $ne: except } })) > 0) throw alreadyExists(`The host name ${hostname} is taken by another server.`);
  }
}
