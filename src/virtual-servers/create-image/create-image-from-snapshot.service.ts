import { randomUUID } from 'node:crypto';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { type CommandServices, runCommand } from '../../images/mutations/run-command.js';
import type { ImageTaskPayloadType } from '../../images/mutations/image-payload.type.js';
import { imageFieldFaults } from '../../images/rules/image-rules.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../../images/rules/image-server-gate.js';
import { REHEARSED_IMAGE_ID } from '../../images/mutations/insert-image.js';
import { requireActiveUser } from '../../images/rules/owner.js';
import { alreadyExists, AppError, badInput, type FieldError, notFound } from '../../platform/errors.js';
import type { CreateImageFromSnapshotInput } from './create-image-from-snapshot.inputs.js';
import { type InsertedImage, insertImageFromSnapshot, type ImageFromSnapshot } from './insert-image-from-snapshot.js';
import type { ServerQueries } from '../server.queries.js';
import type { SnapshotQueries } from '../snapshots/snapshot.queries.js';
import type { SnapshotType } from '../snapshots/snapshot.type.js';
import type { VirtualServerType } from '../virtual-server.type.js';

export interface CreateImageServices extends CommandServices {
  gate: ImageServerGate;
  datacenters: DatacenterQueries;
  servers: ServerQueries;
  snapshots: SnapshotQueries;
}

/** Turns snapshots of server disks into images. Everything is checked before anything changes. */
export class CreateImageFromSnapshotService {
  constructor(private readonly services: CreateImageServices) {}

  /** The image is PENDING and its task goes on after the answer; without an image server it is OK at once. */
  async create(input: CreateImageFromSnapshotInput): Promise<ImageTaskPayloadType> {
    const server = await this.#admit(input.server);
    const snapshot = await this.services.snapshots.require(server, input.snapshot, input.diskId);
    const ownerId = await this.#checkFields(input);
    const gate = await this.#openGate();
    const plan = this.#plan(input, snapshot, ownerId, gate);
    const dryRun = input.dryRun === true;
    const warnings = gate.isOpen ? [] : [NO_IMAGE_SERVER];
    // What the answer shows of the snapshot is looked up when a rehearsed state is gone.
    if (dryRun && gate.isOpen) this.services.snapshots.byId.clear(snapshot.id).prime(snapshot.id, { ...snapshot, status: 'PENDING' });
    try {
      return await runCommand(this.services, dryRun, {
        work: async (tx, announce) => {
          const recorded = await insertImageFromSnapshot(tx, plan, announce);
          return { ...recorded, work: gate.isOpen ? 'IMAGE_CREATE' : null };
        },
        read: async (reading, recorded) => ({
          image: await reading.images.require(input.name),
          task: await reading.tasks.require(recorded.taskId),
          warnings: [...(dryRun ? foretold(recorded, gate.isOpen) : []), ...warnings],
        }),
      });
    } catch (error) {
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      // Somebody was faster between the check and the commit; the database holds the rule.
      const { name, alias, version } = plan.image;
      throw alreadyExists(`The name ${name}, or the alias ${alias} with version ${version}, is taken.`);
    }
  }

  async #admit(named: string): Promise<VirtualServerType> {
    const server = await this.services.servers.named(named);
    const datacenter = await this.services.datacenters.byId.load(server.datacenterId);
    if (datacenter === null) throw notFound('server', named);
    this.services.viewer.demand('image.createFromSnapshot', { datacenter });
    return server;
  }

  async #checkFields(input: CreateImageFromSnapshotInput): Promise<number> {
    const faults: FieldError[] = imageFieldFaults(input);
    const owner = await requireActiveUser(this.services.em, input.owner, this.services.viewer, faults);
    if (faults.length > 0) throw badInput(faults);
    return owner;
  }

  /** Looked at before the transaction, which may not wait for the disk; its refusal comes last of all. */
  async #openGate(): Promise<Gate> {
    try {
      return { isOpen: (await this.services.gate.open()) !== null, refusal: null };
    } catch (error) {
      if (error instanceof AppError) return { isOpen: false, refusal: error };
      throw error;
    }
  }

  #plan(input: CreateImageFromSnapshotInput, snapshot: SnapshotType, ownerId: number, gate: Gate): ImageFromSnapshot {
    const { name } = input;
    return {
      viewer: this.services.viewer,
      serverId: snapshot.serverId,
      snapshotId: snapshot.id,
      image: {
        uuid: randomUUID(),
        ...(input.dryRun === true && { id: REHEARSED_IMAGE_ID }),
        name,
        alias: input.alias ?? name,
        version: input.version ?? '1.0',
        access: input.access ?? 'PRIVATE',
        ownerId,
        description: input.description ?? '',
        resize: input.resize ?? false,
        deploy: input.deploy ?? false,
        tags: input.tags ?? [],
      },
      hasImageServer: () => {
        if (gate.refusal !== null) throw gate.refusal;
        return gate.isOpen;
      },
    };
  }
}

/** Whether bytes can be kept; `refusal` when there is an image server that is out of order. */
interface Gate {
  isOpen: boolean;
  refusal: AppError | null;
}

function foretold({ image, snapshot, server, datacenter }: InsertedImage, withFile: boolean): string[] {
  const created = `Image ${image.name} (${image.osType}, ${image.sizeMib} MiB) will be created from snapshot ${snapshot.name} of server ${server.hostname}, bound to datacenter ${datacenter.name}.`;
  return withFile ? [created, `The snapshot will be PENDING until its bytes have been read.`] : [created];
}
