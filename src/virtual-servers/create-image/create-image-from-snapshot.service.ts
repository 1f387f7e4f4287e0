import { randomUUID } from 'node:crypto';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { type CommandServices, runCommand } from '../../images/mutations/run-command.js';
import type { ImageTaskPayloadType } from '../../images/mutations/image-payload.type.js';
import { imageFieldFaults } from '../../images/rules/image-rules.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../../images/rules/image-server-gate.js';
import { DRY_RUN_IMAGE_ID } from '../../images/mutations/insert-image.js';
import { requireActiveUser } from '../../images/rules/owner.js';
import { withStoredTexts } from '../../platform/display-text.js';
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

/** Creates images from snapshots of server disks. Checks everything before it changes anything. */
export class CreateImageFromSnapshotService {
  constructor(private readonly services: CreateImageServices) {}

  /** Answers while the image is PENDING and its task runs; without an image server the image is OK at once. */
  async create(input: CreateImageFromSnapshotInput): Promise<ImageTaskPayloadType> {
    return this.#createStored(withStoredTexts(input));
  }

  async #createStored(input: CreateImageFromSnapshotInput): Promise<ImageTaskPayloadType> {
    const server = await this.#admit(input.server);
    const snapshot = await this.services.snapshots.require(server, input.snapshot, input.diskId);
    const ownerId = await this.#checkFields(input);
    const gate = await this.#openGate();
    const request = this.#newImage(input, snapshot, ownerId, gate);
    const dryRun = input.dryRun === true;
    const warnings = gate.isOpen ? [] : [NO_IMAGE_SERVER];
    // The answer reads the snapshot after the dry run is rolled back: show the state it would have.
    if (dryRun && gate.isOpen) this.services.snapshots.byId.clear(snapshot.id).prime(snapshot.id, { ...snapshot, status: 'PENDING' });
    try {
      return await runCommand(this.services, dryRun, {
        work: async (tx, announce) => {
          const inserted = await insertImageFromSnapshot(tx, request, announce);
          return { ...inserted, work: gate.isOpen ? 'IMAGE_CREATE' : null };
        },
        read: async (reads, inserted) => ({
          image: await reads.images.require(input.name),
          task: await reads.tasks.require(inserted.taskId),
          warnings: [...(dryRun ? dryRunWarnings(inserted, gate.isOpen) : []), ...warnings],
        }),
      });
    } catch (error) {
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      // Another request took the name between the check and the commit.
      const { name, alias, version } = request.image;
      throw alreadyExists(`The name ${name}, or the alias ${alias} with version ${version}, is taken.`, { name, alias, version });
    }
  }

  async #admit(named: string): Promise<VirtualServerType> {
    const server = await this.services.servers.named(named);
    const datacenter = await this.services.datacenters.byId.load(server.datacenterId);
    if (datacenter === null) throw notFound('server', named, 'server');
    this.services.viewer.demand('image.createFromSnapshot', { datacenter });
    return server;
  }

  async #checkFields(input: CreateImageFromSnapshotInput): Promise<number> {
    const faults: FieldError[] = imageFieldFaults(input);
    const owner = await requireActiveUser(this.services.em, input.owner, this.services.viewer, faults);
    if (faults.length > 0) throw badInput(faults);
    return owner;
  }

  /** Checked before the transaction, which must not wait for the disk; its error is thrown last, in the documented order. */
  async #openGate(): Promise<Gate> {
    try {
      return { isOpen: (await this.services.gate.open()) !== null, refusal: null };
    } catch (error) {
      if (error instanceof AppError) return { isOpen: false, refusal: error };
      throw error;
    }
  }

  #newImage(input: CreateImageFromSnapshotInput, snapshot: SnapshotType, ownerId: number, gate: Gate): ImageFromSnapshot {
    const { name } = input;
    return {
      viewer: this.services.viewer,
      serverId: snapshot.serverId,
      snapshotId: snapshot.id,
      image: {
        uuid: randomUUID(),
        ...(input.dryRun === true && { id: DRY_RUN_IMAGE_ID }),
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

/** Whether files can be stored; `refusal` is the error when the image server is unavailable. */
interface Gate {
  isOpen: boolean;
  refusal: AppError | null;
}

function dryRunWarnings({ image, snapshot, server, datacenter }: InsertedImage, withFile: boolean): string[] {
  const created = `Image ${image.name} (${image.osType}, ${image.sizeMib} MiB) will be created from snapshot ${snapshot.name} of server ${server.hostname}, bound to datacenter ${datacenter.name}.`;
  return withFile ? [created, `The snapshot will be PENDING until its bytes have been read.`] : [created];
}
