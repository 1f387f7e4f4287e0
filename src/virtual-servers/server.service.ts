import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import { User } from '../access/people/user.entity.js';
import type { Viewer } from '../access/viewer.js';
import { Datacenter } from '../datacenters/datacenter.entity.js';
import { GlobalSettings } from '../datacenters/settings/global-settings.entity.js';
import type { SqlEntityManager } from '../platform/database/database.js';
import { comparisonKey } from '../platform/display-text.js';
import { alreadyExists, AppError, badInput, blame, type FieldError, notFound, unknownName } from '../platform/errors.js';
import { inTransaction } from '../platform/database/in-transaction.js';
import { renameLocalRepository } from './image-server/rename-local-repository.js';
import { imageNameFaults, lockNamedImages, type NamedImages, replaceDisks } from './disks/replace-disks.js';
import type { ServerQueries } from './server.queries.js';
import { serverFieldFaults, type ServerFields } from './server-rules.js';
import { requireNoImageCreation } from './create-image/image-creation.js';
import { VirtualServer } from './virtual-server.entity.js';
import type { RegisterServerInput, UpdateServerInput } from './virtual-server.inputs.js';
import type { VirtualServerType } from './virtual-server.type.js';

/** The rows that an input names; null for one that it does not name. */
interface NamedRows {
  datacenter: Datacenter | null;
  owner: User | null;
  images: NamedImages;
}

/** Stores what the compute side reports about servers; for SuperAdmins. */
export class ServerService {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly servers: ServerQueries,
  ) {}

  /** A disk takes an image only by the rules of `disk-rules.ts`, checked in the transaction that creates the disk. */
  async register(input: RegisterServerInput): Promise<VirtualServerType> {
    this.viewer.demand('server.change');
    await this.#change(input.hostname, async (tx) => {
      const { datacenter, owner, images } = await requireNamedRows(tx, input);
      if (datacenter === null || owner === null) throw new Error('The input names no datacenter or no owner.');
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
      await replaceDisks(tx, server, { datacenter, owner, images }, input.disks ?? []);
    });
    return this.servers.require(input.uuid);
  }

  /** Disks keep the images they have when the server moves or gets another owner. */
  async update(input: UpdateServerInput): Promise<VirtualServerType> {
    this.viewer.demand('server.change');
    await this.servers.require(input.uuid);
    await this.#change(input.hostname ?? '', async (tx) => {
      const server = await requireServer(tx, input.uuid);
      const { datacenter, owner, images } = await requireNamedRows(tx, input);
      if (typeof input.hostname === 'string' && input.hostname !== server.hostname) {
        await requireFree(tx, null, input.hostname, server.id);
        await renameLocalRepository(tx, server, input.hostname);
        server.hostname = input.hostname;
        server.hostnameKey = comparisonKey(input.hostname);
      }
      server.status = input.status ?? server.status;
      if (input.tags) server.tags = [...input.tags];
      if (input.addresses) server.addresses = [...input.addresses];
      if (datacenter) tx.assign(server, { datacenter });
      if (owner) tx.assign(server, { owner });
      await tx.flush();
      if (!input.disks) return;
      const context = {
        datacenter: datacenter ?? (await tx.findOneOrFail(Datacenter, server.datacenter.id)),
        owner: owner ?? (await tx.findOneOrFail(User, server.owner.id)),
        images,
      };
      await replaceDisks(tx, server, context, input.disks);
    });
    return this.servers.require(input.uuid);
  }

  /** Deletes its disks and snapshots too. SNAPSHOT_NOT_READY while an image is being created from one of the snapshots. */
  async unregister(uuid: string): Promise<string> {
    this.viewer.demand('server.change');
    await inTransaction(this.em.fork(), async (tx) => {
      const server = await requireServer(tx, uuid);
      if ((await tx.count(GlobalSettings, { imageServer: server.id })) > 0) {
        const message = `${server.hostname} is the image server (VMS_IMAGE_VM); name another one, or none, in the global settings first.`;
        throw blame(new AppError('SERVER_IS_IMAGE_SERVER', message), { uuid });
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
      throw error instanceof UniqueConstraintViolationException ? alreadyExists(`A server with this uuid or the host name ${hostname} exists already.`, { hostname }) : error;
    }
  }
}

/** Locks the server until the transaction ends. */
async function requireServer(tx: SqlEntityManager, uuid: string): Promise<VirtualServer> {
  const server = await tx.findOne(VirtualServer, { uuid }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (server === null) throw notFound('server', uuid, 'uuid');
  return server;
}

/** BAD_USER_INPUT with every broken field at once. */
async function requireNamedRows(tx: SqlEntityManager, input: ServerFields & { datacenter?: string | null; owner?: string | null }): Promise<NamedRows> {
  const disks = input.disks ?? [];
  // Lock images before the datacenter, as changes of images do: the other order could deadlock.
  const images = await lockNamedImages(tx, disks);
  const faults: FieldError[] = [...serverFieldFaults(input), ...imageNameFaults(disks, images)];
  const named = typeof input.datacenter === 'string' ? input.datacenter : null;
  const datacenter = named === null ? null : await tx.findOne(Datacenter, { name: named }, { lockMode: LockMode.PESSIMISTIC_READ });
  if (named !== null && datacenter === null) faults.push(unknownName('datacenter', 'datacenter', named));
  const username = typeof input.owner === 'string' ? input.owner : null;
  const owner = username === null ? null : await tx.findOne(User, { username, active: true });
  if (username !== null && owner === null) faults.push(unknownName('owner', 'active user', username));
  if (faults.length > 0) throw badInput(faults);
  return { datacenter, owner, images };
}

async function requireFree(tx: SqlEntityManager, uuid: string | null, hostname: string, ownId = 0): Promise<void> {
  if (uuid !== null && (await tx.count(VirtualServer, { uuid })) > 0) throw alreadyExists(`A server with the uuid ${uuid} is registered already.`, { uuid });
  const taken = await tx.count(VirtualServer, { hostnameKey: comparisonKey(hostname), id: { $ne: ownId } });
  if (taken > 0) throw alreadyExists(`The host name ${hostname} is taken by another server; upper and lower case are the same.`, { hostname });
}
