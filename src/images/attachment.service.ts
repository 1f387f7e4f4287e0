import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { DatacenterRef } from '../access/viewer.js';
import type { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import { readImageServer } from '../datacenters/image-server-state.js';
import type { SqlEntityManager } from '../platform/database.js';
import { alreadyExists, notFound } from '../platform/errors.js';
import { recordDone } from '../tasks/record-task.js';
import type { Announce } from '../tasks/transact.js';
import { ActionRules } from './action-rules.js';
import { type ChangeParts, carryOut, type Outcome } from './carry-out.js';
import { bindingRemoved } from './effects.js';
import { ImageAttachment } from './image-attachment.entity.js';
import { announceImage, subjectOf } from './image-changes.js';
import { Image } from './image.entity.js';
import type { AttachImageInput } from './image-mutation.inputs.js';
import type { AttachImagePayloadType } from './image-payload.type.js';
import { NO_IMAGE_SERVER } from './image-server-gate.js';

interface AttachmentParts extends ChangeParts {
  datacenters: DatacenterQueries;
}

type Direction = 'ATTACH' | 'DETACH';

interface AttachmentOutcome extends Outcome {
  work: null;
  bindingRemoved: boolean;
  effects: string[];
}

const EFFECT: Record<Direction, string> = {
  ATTACH: 'will become usable in datacenter',
  DETACH: 'will no longer be usable in datacenter',
};

/** Makes images usable in a datacenter, or no longer; both remove the binding. For SuperAdmins. */
export class AttachmentService {
  constructor(private readonly parts: AttachmentParts) {}

  async attach(input: AttachImageInput): Promise<AttachImagePayloadType> {
    try {
      return await this.#change(input, 'ATTACH');
    } catch (error) {
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      throw alreadyExists(`Image ${input.image} is attached to datacenter ${input.datacenter} already.`);
    }
  }

  async detach(input: AttachImageInput): Promise<AttachImagePayloadType> {
    return this.#change(input, 'DETACH');
  }

  async #change(input: AttachImageInput, direction: Direction): Promise<AttachImagePayloadType> {
    const { datacenters, images, viewer } = this.parts;
    viewer.demand(direction === 'ATTACH' ? 'image.attach' : 'image.detach');
    await images.require(input.image);
    const datacenter = await datacenters.require(input.datacenter);
    const warnings = (await readImageServer(this.parts.em)) === null ? [NO_IMAGE_SERVER] : [];
    return carryOut(this.parts, input.dryRun === true, {
      work: async (tx, announce) => this.#record(tx, input.image, datacenter, direction, announce),
      read: async (reading, outcome) => ({
        image: await reading.images.require(input.image),
        datacenter,
        bindingRemoved: outcome.bindingRemoved,
        task: await reading.tasks.require(outcome.taskId),
        warnings: [...(input.dryRun === true ? outcome.effects : []), ...warnings],
      }),
    });
  }

  async #record(tx: SqlEntityManager, name: string, datacenter: DatacenterRef, direction: Direction, announce: Announce): Promise<AttachmentOutcome> {
    const image = await tx.findOne(Image, { name }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (image === null) throw notFound('image', name);
    const subject = await subjectOf(tx, image);
    await new ActionRules(tx, this.parts.viewer).demand(direction, subject, datacenter);
    const { bound } = subject;
    const effects = [`Image ${name} ${EFFECT[direction]} ${datacenter.name}.`, ...(bound === null ? [] : [await bindingRemoved(tx, bound)])];
    if (bound !== null) await tx.nativeUpdate(ImageAttachment, { image: image.id }, { boundImageId: null });
    if (direction === 'ATTACH') await tx.persist(tx.create(ImageAttachment, { image, datacenter: datacenter.id })).flush();
    else await tx.nativeDelete(ImageAttachment, { image: image.id, datacenter: datacenter.id });
    const detail = { datacenter: datacenter.name, bindingRemoved: bound !== null, ...(bound && { boundDatacenter: { before: bound.name, after: null } }) };
    const action = direction === 'ATTACH' ? ('IMAGE_ATTACH' as const) : ('IMAGE_DETACH' as const);
    const facts = { action, userId: this.parts.viewer.userId, datacenterId: datacenter.id, imageId: image.id, imageName: name, detail };
    const task = recordDone(tx, facts, announce);
    // Those who saw the image before and those who see it after both hear of it; it is bound to nothing now.
    const datacenterIds = [...new Set([...subject.attached.map(({ id }) => id), datacenter.id])];
    announceImage('UPDATED', image, { datacenterIds, boundDatacenterId: null }, announce);
    return { taskId: task.id, work: null, bindingRemoved: bound !== null, effects };
  }
}
