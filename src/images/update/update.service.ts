import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { Viewer } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { SqlEntityManager } from '../../platform/database.js';
import { alreadyExists, badInput, type FieldError, notFound } from '../../platform/errors.js';
import type { ChangeBus } from '../../tasks/change-bus.js';
import { recordDone, recordWork, type TaskFacts } from '../../tasks/record-task.js';
import type { TaskQueries } from '../../tasks/task.queries.js';
import type { TaskRunner } from '../../tasks/task-runner.js';
import { type Announce, transact } from '../../tasks/transact.js';
import { lockForBinding } from '../bind-limit.js';
import { ImageAttachment } from '../image-attachment.entity.js';
import { announceImage, type Attachments, attachmentsOf } from '../image-changes.js';
import { Image } from '../image.entity.js';
import type { UpdateImageInput } from '../image-mutation.inputs.js';
import type { ImageTaskPayloadType } from '../image-payload.type.js';
import type { ImageQueries } from '../image.queries.js';
import { imageFieldFaults } from '../image-rules.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../image-server-gate.js';
import type { ImageType } from '../image.type.js';
import { notReady } from '../image-verdicts.js';
import { requireActiveUser } from '../owner.js';
import { applyShownValues, differences, type ShownValues, shownValuesOf } from './image-values.js';

export interface UpdateParts {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  runner: TaskRunner;
  gate: ImageServerGate;
  datacenters: DatacenterQueries;
  images: ImageQueries;
  tasks: TaskQueries;
}

/** What is to change, checked; undefined: not given. */
interface Wanted {
  shown: Partial<ShownValues>;
  ownerId: number | undefined;
  dcBound: boolean | undefined;
}

function given<T>(value: T | null | undefined): T | undefined {
  return value === null ? undefined : value;
}

/** Changes images. What their manifest shows is PENDING until the image server follows; owner and binding change at once. */
export class UpdateService {
  constructor(private readonly parts: UpdateParts) {}

  async update(input: UpdateImageInput): Promise<ImageTaskPayloadType> {
    const image = await this.parts.images.require(input.name);
    await this.#demand(image, input);
    const wanted = await this.#check(input);
    const server = await this.parts.gate.open();
    const outcome = await this.#change(image, wanted, server !== null);
    if (outcome.isWork) this.parts.runner.enqueue(outcome.taskId, 'IMAGE_UPDATE');
    return {
      image: await this.parts.images.require(input.name),
      task: await this.parts.tasks.require(outcome.taskId),
      warnings: server === null ? [NO_IMAGE_SERVER] : [],
    };
  }

  async #demand(image: ImageType, input: UpdateImageInput): Promise<void> {
    const { viewer, datacenters } = this.parts;
    const bound = image.boundDatacenterId === null ? null : await datacenters.byId.load(image.boundDatacenterId);
    viewer.demand('image.update', { bound });
    if (typeof input.dcBound === 'boolean') viewer.demand('image.changeBinding');
  }

  async #check(input: UpdateImageInput): Promise<Wanted> {
    const faults: FieldError[] = imageFieldFaults({ ...input, name: null });
    const owner = given(input.owner);
    const ownerId = owner === undefined ? undefined : await requireActiveUser(this.parts.em, owner, this.parts.viewer, faults);
    if (faults.length > 0) throw badInput(faults);
    const { alias, version, access, description, resize, deploy, tags } = input;
    const shown = {
      alias: given(alias),
      version: given(version),
      access: given(access),
      description: given(description),
      resize: given(resize),
      deploy: given(deploy),
      tags: given(tags),
    };
    return { shown, ownerId, dcBound: given(input.dcBound) };
  }

  async #change({ name }: ImageType, wanted: Wanted, hasServer: boolean): Promise<{ taskId: string; isWork: boolean }> {
    const { em, changes } = this.parts;
    try {
      return await transact(em.fork(), changes, (tx, announce) => this.#record(tx, name, wanted, hasServer, announce));
    } catch (error) {
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      throw alreadyExists(`Another image has this alias and this version; the two together are unique.`);
    }
  }

  async #record(
    tx: SqlEntityManager,
    name: string,
    wanted: Wanted,
    hasServer: boolean,
    announce: Announce,
  ): Promise<{ taskId: string; isWork: boolean }> {
    const image = await tx.findOne(Image, { name }, { lockMode: LockMode.PESSIMISTIC_WRITE, populate: ['tags'] });
    if (image === null) throw notFound('image', name);
    if (image.status === 'PENDING') throw notReady(name);
    const attachments = await attachmentsOf(tx, image.id);
    const before = { ...shownValuesOf(image), owner: image.owner.id, dcBound: attachments.boundDatacenterId !== null };
    const detail = differences(before, { ...wanted.shown, owner: wanted.ownerId, dcBound: wanted.dcBound });
    if (wanted.dcBound !== undefined) await this.#bind(tx, image, attachments, wanted.dcBound);
    const isShown = Object.keys(detail).some((field) => field !== 'owner' && field !== 'dcBound');
    const isWork = hasServer && isShown && image.fileSha1 !== null && image.fileSha1 !== undefined;
    if (wanted.ownerId !== undefined) tx.assign(image, { owner: wanted.ownerId });
    const undo = shownValuesOf(image);
    await applyShownValues(tx, image, wanted.shown);
    if (isWork) image.status = 'PENDING';
    await tx.flush();
    const after = await attachmentsOf(tx, image.id);
    const facts = this.#facts(image, after, detail);
    const task = isWork ? recordWork(tx, facts, { instructions: { undo } }, announce) : recordDone(tx, facts, announce);
    announceImage('UPDATED', image, after, announce);
    return { taskId: task.id, isWork };
  }

  #facts(image: Image, attachments: Attachments, detail: Record<string, unknown>): TaskFacts {
    return {
      action: 'IMAGE_UPDATE',
      userId: this.parts.viewer.userId,
      datacenterId: attachments.boundDatacenterId,
      imageId: image.id,
      imageName: image.name,
      detail,
    };
  }

  /** True needs exactly one attachment, which becomes the binding; false keeps the attachments. */
  async #bind(tx: SqlEntityManager, image: Image, attachments: Attachments, dcBound: boolean): Promise<void> {
    if (dcBound === (attachments.boundDatacenterId !== null)) return;
    const [datacenterId, second] = attachments.datacenterIds;
    if (!dcBound) {
      await tx.nativeUpdate(ImageAttachment, { image: image.id }, { boundImageId: null });
      return;
    }
    if (datacenterId === undefined || second !== undefined) {
      const message = `Image ${image.name} is attached to ${attachments.datacenterIds.length} datacenters; it can be bound while it is attached to exactly one.`;
      throw badInput([{ path: 'dcBound', message }]);
    }
    await lockForBinding(tx, datacenterId, String(datacenterId));
    await tx.nativeUpdate(ImageAttachment, { image: image.id, datacenter: datacenterId }, { boundImageId: image.id });
  }
}

