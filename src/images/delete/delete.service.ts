import { LockMode } from '@mikro-orm/core';
import { sql } from 'kysely';
import type { Viewer } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { type SqlEntityManager, statements } from '../../platform/database.js';
import { notFound } from '../../platform/errors.js';
import type { ChangeBus } from '../../tasks/change-bus.js';
import { recordDone, recordWork } from '../../tasks/record-task.js';
import type { TaskQueries } from '../../tasks/task.queries.js';
import type { TaskRunner } from '../../tasks/task-runner.js';
import { transact } from '../../tasks/transact.js';
import { announceImage, attachmentsOf } from '../image-changes.js';
import { Image } from '../image.entity.js';
import type { DeleteImagePayloadType } from '../image-payload.type.js';
import type { ImageQueries } from '../image.queries.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../image-server-gate.js';
import { inUseError, notReady } from '../image-verdicts.js';

export interface DeleteParts {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  runner: TaskRunner;
  gate: ImageServerGate;
  datacenters: DatacenterQueries;
  images: ImageQueries;
  tasks: TaskQueries;
}

/** How many servers anywhere have a disk made from the image. */
async function serverCount(tx: SqlEntityManager, imageId: number): Promise<number> {
  const statement = sql<{ total: number | string }>`select count(distinct server_id) as total from virtual_disk where image_id = ${imageId}`;
  return Number((await statement.execute(statements(tx))).rows[0]?.total ?? 0);
}

/** Takes images out of the catalogue; one that a server uses stays. */
export class DeleteService {
  constructor(private readonly parts: DeleteParts) {}

  async delete(name: string): Promise<DeleteImagePayloadType> {
    const { datacenters, gate, images, runner, tasks, viewer } = this.parts;
    const shown = await images.require(name);
    const bound = shown.boundDatacenterId === null ? null : await datacenters.byId.load(shown.boundDatacenterId);
    viewer.demand('image.delete', { bound });
    const isWork = (await gate.open()) !== null;
    const taskId = await this.#record(name, isWork);
    if (isWork) runner.enqueue(taskId, 'IMAGE_DELETE');
    return { name, uuid: shown.uuid, task: await tasks.require(taskId), warnings: isWork ? [] : [NO_IMAGE_SERVER] };
  }

  async #record(name: string, isWork: boolean): Promise<string> {
    const { em, changes, viewer } = this.parts;
    return transact(em.fork(), changes, async (tx, announce) => {
      const image = await tx.findOne(Image, { name }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (image === null) throw notFound('image', name);
      if (image.status === 'PENDING') throw notReady(name);
      const servers = await serverCount(tx, image.id);
      if (servers > 0) throw inUseError(name, servers);
      const attachments = await attachmentsOf(tx, image.id);
      const { uuid, alias, version } = image;
      const facts = {
        action: 'IMAGE_DELETE' as const,
        userId: viewer.userId,
        datacenterId: attachments.boundDatacenterId,
        imageId: isWork ? image.id : null,
        imageName: name,
        detail: { uuid, alias, version },
      };
      if (isWork) {
        image.status = 'PENDING';
        announceImage('UPDATED', image, attachments, announce);
        return recordWork(tx, facts, { instructions: { uuid } }, announce).id;
      }
      const task = recordDone(tx, facts, announce);
      announceImage('DELETED', image, attachments, announce);
      await tx.nativeDelete(Image, { id: image.id });
      return task.id;
    });
  }
}
