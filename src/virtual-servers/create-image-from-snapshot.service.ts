import { randomUUID } from 'node:crypto';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { UserQueries } from '../access/user.queries.js';
import type { Viewer } from '../access/viewer.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { ImageTaskPayloadType } from '../images/image-payload.type.js';
import { ImageQueries } from '../images/image.queries.js';
import { imageFieldFaults } from '../images/image-rules.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../images/image-server-gate.js';
import { REHEARSED_IMAGE_ID } from '../images/insert-image.js';
import { requireActiveUser } from '../images/owner.js';
import type { SqlEntityManager } from '../platform/database.js';
import { alreadyExists, AppError, badInput, type FieldError, notFound } from '../platform/errors.js';
import type { ChangeBus } from '../tasks/change-bus.js';
import { TaskQueries } from '../tasks/task.queries.js';
import type { TaskRunner } from '../tasks/task-runner.js';
import { rehearse, transact } from '../tasks/transact.js';
import type { CreateImageFromSnapshotInput } from './create-image-from-snapshot.inputs.js';
import { type RecordedImage, recordSnapshotImage, type SnapshotImagePlan } from './record-snapshot-image.js';
import type { ServerQueries } from './server.queries.js';
import { SnapshotQueries } from './snapshot.queries.js';
import type { SnapshotType } from './snapshot.type.js';
import type { VirtualServerType } from './virtual-server.type.js';

export interface CreateImageParts {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  runner: TaskRunner;
  gate: ImageServerGate;
  datacenters: DatacenterQueries;
  servers: ServerQueries;
  snapshots: SnapshotQueries;
  images: ImageQueries;
  tasks: TaskQueries;
}

/** What an operation at database level would say if it were done. */
const WITHOUT_IMAGE_SERVER =
  'No image server is configured (VMS_IMAGE_VM), so this would be done in the database only: there would be no file.';

/** Turns snapshots of server disks into images. Everything is checked before anything changes. */
export class CreateImageFromSnapshotService {
  constructor(private readonly parts: CreateImageParts) {}

  /** The image is PENDING and its task goes on after the answer; without an image server it is OK at once. */
  async create(input: CreateImageFromSnapshotInput): Promise<ImageTaskPayloadType> {
    const server = await this.#admit(input.server);
    const snapshot = await this.parts.snapshots.require(server, input.snapshot, input.diskId);
    const ownerId = await this.#checkFields(input);
    const gate = await this.#openGate();
    const plan = this.#plan(input, snapshot, ownerId, gate);
    if (input.dryRun === true) return this.#rehearse(plan, gate);
    const { taskId } = await this.#record(plan);
    try {
      const [image, task] = [await this.parts.images.require(input.name), await this.parts.tasks.require(taskId)];
      return { image, task, warnings: gate.isOpen ? [] : [NO_IMAGE_SERVER] };
    } finally {
      // After the answer is read: a task that fails at once would have taken the image away by then.
      if (gate.isOpen) this.parts.runner.enqueue(taskId, 'IMAGE_CREATE');
    }
  }

  async #admit(named: string): Promise<VirtualServerType> {
    const server = await this.parts.servers.named(named);
    const datacenter = await this.parts.datacenters.byId.load(server.datacenterId);
    if (datacenter === null) throw notFound('server', named);
    this.parts.viewer.demand('image.createFromSnapshot', { datacenter });
    return server;
  }

  async #checkFields(input: CreateImageFromSnapshotInput): Promise<number> {
    const faults: FieldError[] = imageFieldFaults(input);
    const owner = await requireActiveUser(this.parts.em, input.owner, this.parts.viewer, faults);
    if (faults.length > 0) throw badInput(faults);
    return owner;
  }

  /** Looked at before the transaction, which may not wait for the disk; its refusal comes last of all. */
  async #openGate(): Promise<Gate> {
    try {
      return { isOpen: (await this.parts.gate.open()) !== null, refusal: null };
    } catch (error) {
      if (error instanceof AppError) return { isOpen: false, refusal: error };
      throw error;
    }
  }

  #plan(input: CreateImageFromSnapshotInput, snapshot: SnapshotType, ownerId: number, gate: Gate): SnapshotImagePlan {
    const { name } = input;
    return {
      viewer: this.parts.viewer,
      serverId: snapshot.serverId,
      snapshotId: snapshot.id,
      image: {
        uuid: randomUUID(),
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

  async #record(plan: SnapshotImagePlan): Promise<RecordedImage> {
    const { em, changes } = this.parts;
    return orTaken(plan, transact(em.fork(), changes, (tx, announce) => recordSnapshotImage(tx, plan, announce)));
  }

  async #rehearse(plan: SnapshotImagePlan, gate: Gate): Promise<ImageTaskPayloadType> {
    const { em, viewer } = this.parts;
    const image = { ...plan.image, id: REHEARSED_IMAGE_ID };
    const rehearsal = rehearse(em.fork(), async (tx, announce) => {
      const recorded = await recordSnapshotImage(tx, { ...plan, image }, announce);
      const images = new ImageQueries(tx, viewer, new DatacenterQueries(tx, viewer), new UserQueries(tx));
      const payload = {
        image: await images.require(image.name),
        task: await new TaskQueries(tx, viewer).require(recorded.taskId),
        warnings: foretold(recorded, gate.isOpen),
      };
      this.#showRehearsed(payload, recorded, await new SnapshotQueries(tx, viewer).byId.load(recorded.snapshot.id));
      return payload;
    });
    return orTaken(plan, rehearsal);
  }

  /** Relations of the answer are resolved when the rehearsed rows are gone, so they are told of them now. */
  #showRehearsed({ image, task }: ImageTaskPayloadType, recorded: RecordedImage, snapshot: SnapshotType | null): void {
    const { images, tasks, snapshots } = this.parts;
    const { id, name } = recorded.datacenter;
    images.rememberRehearsed(image, [{ id, name }], recorded.image.manifest);
    tasks.byId.clear(task.id).prime(task.id, task);
    if (snapshot !== null) snapshots.byId.clear(snapshot.id).prime(snapshot.id, snapshot);
  }
}

/** Whether bytes can be kept; `refusal` when there is an image server that is out of order. */
interface Gate {
  isOpen: boolean;
  refusal: AppError | null;
}

/** Somebody may be faster between the check and the commit; the database holds the rule. */
async function orTaken<T>({ image: { name, alias, version } }: SnapshotImagePlan, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
    throw alreadyExists(`The name ${name}, or the alias ${alias} with version ${version}, is taken.`);
  }
}

function foretold({ image, snapshot, server, datacenter }: RecordedImage, withFile: boolean): string[] {
  const created = `Image ${image.name} of ${image.sizeMib} MiB would be created from snapshot ${snapshot.name} of server ${server.hostname}, bound to datacenter ${datacenter.name}`;
  return withFile ? [`${created}; the snapshot would be PENDING meanwhile.`] : [`${created}.`, WITHOUT_IMAGE_SERVER];
}
