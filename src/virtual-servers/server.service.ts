import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import { User } from '../access/people/user.entity.js';
import type { Viewer } from '../access/viewer.js';
import { Datacenter } from '../datacenters/datacenter.entity.js';
import { GlobalSettings } from '../datacenters/settings/global-settings.entity.js';
import type { SqlEntityManager } from '../platform/database/database.js';
import { alreadyExists, AppError, badInput, type FieldError, notFound } from '../platform/errors.js';
import { inTransaction } from '../platform/database/in-transaction.js';
import { renameLocalRepository } from './image-server/rename-local-repository.js';
import { imageNameFaults, replaceDisks } from './disks/replace-disks.js';
import type { ServerQueries } from './server.queries.js';
import { serverFieldFaults, type ServerFields } from './server-rules.js';
import { requireNoImageCreation } from './create-image/image-creation.js';
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
      const { datacenter, owner } = await checked(tx, input);
      if (datacenter === null || owner === null) throw new Error('A required relation was not checked.');
      await requireFree(tx, input.uuid, input.hostname);
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
      await replaceDisks(tx, server, { datacenter, owner }, input.disks ?? []);
    });
    return this.servers.require(input.uuid);
  }

  /** Disks that have an image keep it wherever the server goes and whoever owns it then. */
  async update(input: UpdateServerInput): Promise<VirtualServerType> {
    this.viewer.demand('server.change');
    await this.servers.require(input.uuid);
    await this.#change(input.hostname ?? '', async (tx) => {
      const server = await lockServer(tx, input.uuid);
      const { datacenter, owner } = await checked(tx, input);
      if (typeof input.hostname === 'string' && input.hostname !== server.hostname) {
        await requireFree(tx, null, input.hostname);
        await renameLocalRepository(tx, server, input.hostname);
        server.hostname = input.hostname;
      }
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
      await replaceDisks(tx, server, place, input.disks);
    });
    return this.servers.require(input.uuid);
  }

  /** Its disks and snapshots go with it. SNAPSHOT_NOT_READY while an image is being created from one of these. */
  async unregister(uuid: string): Promise<string> {
    this.viewer.demand('server.change');
    await inTransaction(this.em.fork(), async (tx) => {
      const server = await lockServer(tx, uuid);
      if ((await tx.count(GlobalSettings, { imageServer: server.id })) > 0) {
        throw new AppError('SERVER_IS_IMAGE_SERVER', `${server.hostname} is the image server (VMS_IMAGE_VM); name another one, or none, in the global settings first.`);
      }
      await requireNoImageCreation(tx, { serverId: server.id });
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
}

async function lockServer(tx: SqlEntityManager, uuid: string): Promise<VirtualServer> {
  const server = await tx.findOne(VirtualServer, { uuid }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (server === null) throw notFound('server', uuid);
  return server;
}

/** The rows that the input names; BAD_USER_INPUT with every broken field at once. */
async function checked(tx: SqlEntityManager, input: ServerFields & { datacenter?: string | null; owner?: string | null }): Promise<Relations> {
  // Images first: whoever changes an image holds it before it holds a datacenter, and two may not wait for each other.
  const faults: FieldError[] = [...serverFieldFaults(input), ...(await imageNameFaults(tx, input.disks ?? []))];
  const named = typeof input.datacenter === 'string' ? input.datacenter : null;
  const datacenter = named === null ? null : await tx.findOne(Datacenter, { name: named }, { lockMode: LockMode.PESSIMISTIC_READ });
  if (named !== null && datacenter === null) faults.push({ path: 'datacenter', message: `There is no datacenter "${named}".` });
  const username = typeof input.owner === 'string' ? input.owner : null;
  const owner = username === null ? null : await tx.findOne(User, { username, active: true });
  if (username !== null && owner === null) faults.push({ path: 'owner', message: `There is no active user "${username}".` });
  if (faults.length > 0) throw badInput(faults);
  return { datacenter, owner };
}

async function requireFree(tx: SqlEntityManager, uuid: string | null, hostname: string): Promise<void> {
  if (uuid !== null && (await tx.count(VirtualServer, { uuid })) > 0) throw alreadyExists(`A server with the uuid ${uuid} is registered already.`);
  if ((await tx.count(VirtualServer, { hostname })) > 0) throw alreadyExists(`The host name ${hostname} is taken by another server.`);
}
