import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import { sql } from 'kysely';
import type { Viewer } from '../access/viewer.js';
import type { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import { type SqlEntityManager, statements } from '../platform/database.js';
import { alreadyExists, AppError, notFound } from '../platform/errors.js';
import type { ChangeBus } from '../tasks/change-bus.js';
import { recordDone } from '../tasks/record-task.js';
import type { TaskQueries } from '../tasks/task.queries.js';
import { type Announce, transact } from '../tasks/transact.js';
import { ImageAttachment } from './image-attachment.entity.js';
import { announceImage, type Attachments, attachmentsOf } from './image-changes.js';
import { Image } from './image.entity.js';
import type { AttachImageInput } from './image-mutation.inputs.js';
import type { AttachImagePayloadType } from './image-payload.type.js';
import type { ImageQueries } from './image.queries.js';
import { notReady } from './image-verdicts.js';

interface AttachmentParts {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  datacenters: DatacenterQueries;
  images: ImageQueries;
  tasks: TaskQueries;
}

type Change = (tx: SqlEntityManager, image: Image, before: Attachments) => Promise<void>;

/** Makes images usable in a datacenter, or no longer; both remove the binding. For SuperAdmins. */
export class AttachmentService {
  constructor(private readonly parts: AttachmentParts) {}

  async attach(input: AttachImageInput): Promise<AttachImagePayloadType> {
    const datacenter = await this.#admit(input, 'image.attach');
    const attached = alreadyExists(`Image ${input.image} is attached to datacenter ${datacenter.name} already.`);
    return this.#change(input.image, datacenter, 'IMAGE_ATTACH', async (tx, image, before) => {
      if (image.status === 'PENDING') throw notReady(image.name);
      if (before.datacenterIds.includes(datacenter.id)) throw attached;
      try {
        await tx.persist(tx.create(ImageAttachment, { image, datacenter: datacenter.id })).flush();
      } catch (error) {
        throw error instanceof UniqueConstraintViolationException ? attached : error;
      }
    });
  }

  async detach(input: AttachImageInput): Promise<AttachImagePayloadType> {
    const datacenter = await this.#admit(input, 'image.detach');
    return this.#change(input.image, datacenter, 'IMAGE_DETACH', async (tx, image, before) => {
      if (!before.datacenterIds.includes(datacenter.id)) {
        throw new AppError('NOT_FOUND', `Image ${image.name} is not attached to datacenter ${datacenter.name}.`);
      }
      if (image.status === 'PENDING') throw notReady(image.name);
      await requireUnusedIn(tx, image, datacenter);
      await tx.nativeDelete(ImageAttachment, { image: image.id, datacenter: datacenter.id });
    });
  }

  async #admit(input: AttachImageInput, action: 'image.attach' | 'image.detach'): Promise<DatacenterType> {
    this.parts.viewer.demand(action);
    await this.parts.images.require(input.image);
    return this.parts.datacenters.require(input.datacenter);
  }

  async #change(
    name: string,
    datacenter: DatacenterType,
    action: 'IMAGE_ATTACH' | 'IMAGE_DETACH',
    change: Change,
  ): Promise<AttachImagePayloadType> {
    const { em, changes, images, tasks, viewer } = this.parts;
    const outcome = await transact(em.fork(), changes, async (tx, announce) => {
      const image = await tx.findOne(Image, { name }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (image === null) throw notFound('image', name);
      const before = await attachmentsOf(tx, image.id);
      await change(tx, image, before);
      const bindingRemoved = before.boundDatacenterId !== null;
      if (bindingRemoved) await tx.nativeUpdate(ImageAttachment, { image: image.id }, { boundImageId: null });
      const detail = { datacenter: datacenter.name, bindingRemoved };
      const facts = { action, userId: viewer.userId, datacenterId: datacenter.id, imageId: image.id, imageName: name, detail };
      const task = recordDone(tx, facts, announce);
      await announceBoth(tx, image, before, announce);
      return { taskId: task.id, bindingRemoved };
    });
    return {
      image: await images.require(name),
      datacenter,
      bindingRemoved: outcome.bindingRemoved,
      task: await tasks.require(outcome.taskId),
      warnings: [],
    };
  }
}

/** Those who saw the image before and those who see it after both hear of it. */
async function announceBoth(tx: SqlEntityManager, image: Image, before: Attachments, announce: Announce): Promise<void> {
  const after = await attachmentsOf(tx, image.id);
  const datacenterIds = [...new Set([...before.datacenterIds, ...after.datacenterIds])];
  announceImage('UPDATED', image, { ...after, datacenterIds }, announce);
}

async function requireUnusedIn(tx: SqlEntityManager, image: Image, datacenter: DatacenterType): Promise<void> {
  const statement = sql<{ total: number | string }>`select count(distinct s.id) as total from virtual_disk v
    join virtual_server s on s.id = v.server_id where v.image_id = ${image.id} and s.datacenter_id = ${datacenter.id}`;
  const servers = Number((await statement.execute(statements(tx))).rows[0]?.total ?? 0);
  if (servers === 0) return;
  throw new AppError(
    'IMAGE_IN_USE',
    `Image ${image.name} is used by ${servers} server${servers === 1 ? '' : 's'} of datacenter ${datacenter.name}; remove its disks there first.`,
  );
}
