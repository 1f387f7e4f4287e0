import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { Viewer } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { quoteVisibly, strangeCharacter } from '../../platform/display-text.js';
import { alreadyExists, badInput, type FieldError, notFound, textFault } from '../../platform/errors.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { Snapshot } from './snapshot.entity.js';
import type { RegisterSnapshotInput, SnapshotKeyInput } from './snapshot.inputs.js';
import type { SnapshotQueries } from './snapshot.queries.js';
import { requireNoImageCreation } from '../create-image/image-creation.js';
import type { SnapshotType } from './snapshot.type.js';
import { VirtualDisk } from '../disks/virtual-disk.entity.js';
import { lockServer } from '../lock-server.js';
import type { VirtualServer } from '../virtual-server.entity.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Locks the server, so that it is not unregistered meanwhile. */
async function requireServer(tx: SqlEntityManager, named: string): Promise<VirtualServer> {
  const server = await lockServer(tx, named);
  if (server === null) throw notFound('server', named, 'server');
  return server;
}

/** Stores what the compute side reports about snapshots; for SuperAdmins. */
export class SnapshotService {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly snapshots: SnapshotQueries,
  ) {}

  async register(input: RegisterSnapshotInput): Promise<SnapshotType> {
    this.viewer.demand('server.change');
    const taken = alreadyExists(`Disk ${input.diskId} of ${input.server} has a snapshot ${input.name} already.`, { name: input.name });
    try {
      const id = await inTransaction(this.em.fork(), async (tx) => {
        const server = await requireServer(tx, input.server);
        await requireValid(tx, server, input);
        const { name, diskId } = input;
        if ((await tx.count(Snapshot, { server: server.id, diskId, name })) > 0) throw taken;
        const snapshot = tx.create(Snapshot, { server, name, diskId, sizeMib: input.size, status: input.status ?? 'OK', dataUrl: input.dataUrl ?? null });
        await tx.persist(snapshot).flush();
        return snapshot.id;
      });
      const shown = await this.snapshots.byId.load(id);
      if (shown === null) throw notFound('snapshot', input.name);
      return shown;
    } catch (error) {
      throw error instanceof UniqueConstraintViolationException ? taken : error;
    }
  }

  /** Keeps the images created from it. SNAPSHOT_NOT_READY while one is being created. */
  async unregister({ server: named, name, diskId }: SnapshotKeyInput): Promise<true> {
    this.viewer.demand('server.change');
    await inTransaction(this.em.fork(), async (tx) => {
      const server = await requireServer(tx, named);
      const snapshot = await tx.findOne(Snapshot, { server: server.id, name, diskId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (snapshot === null) throw notFound(`snapshot of disk ${diskId} of ${server.hostname} with the name`, name, 'name');
      await requireNoImageCreation(tx, { snapshotId: snapshot.id });
      await tx.nativeDelete(Snapshot, { id: snapshot.id });
    });
    return true;
  }
}

async function requireValid(tx: SqlEntityManager, server: VirtualServer, input: RegisterSnapshotInput): Promise<void> {
  const { name, diskId, size } = input;
  const faults: FieldError[] = [];
  if (!NAME.test(name)) faults.push(textFault('name', `${quoteVisibly(name)} is not a name: 1 to 64 letters, digits and "._-", first a letter or digit.${strangeCharacter(name)}`, name, 64));
  const disks = (await tx.find(VirtualDisk, { server: server.id }, { orderBy: { diskId: 'asc' } })).map((disk) => disk.diskId);
  if (diskId < 1 || (disks.length > 0 && !disks.includes(diskId))) {
    faults.push({ path: 'diskId', code: 'NOT_FOUND', params: { value: diskId }, message: `Server ${server.hostname} has no disk ${diskId}; it has ${disks.join(', ') || 'none'}.` });
  }
  if (size < 0) faults.push({ path: 'size', code: 'OUT_OF_RANGE', params: { value: size, min: 0 }, message: `${size} MiB is not a size; 0 or more are.` });
  if (faults.length > 0) throw badInput(faults);
}
