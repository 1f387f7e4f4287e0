import { LockMode } from '@mikro-orm/core';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { notFound } from '../../platform/errors.js';
import { recordDone, recordWork } from '../../tasks/runner/record-task.js';
import type { Announce } from '../../tasks/changes/transact.js';
import { ActionRules } from '../rules/action-rules.js';
import { type CommandServices, runCommand, type CommandOutcome } from '../mutations/run-command.js';
import { announceBase, announceImage, attachmentsOf, actionTargetOf } from '../events/image-changes.js';
import { Image } from '../image.entity.js';
import { IMAGE_IDS } from '../image.type.js';
import type { DeleteImageInput } from '../mutations/image-mutation.inputs.js';
import type { DeleteImagePayloadType } from '../mutations/image-payload.type.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../rules/image-server-gate.js';

export interface DeleteServices extends CommandServices {
  gate: ImageServerGate;
  datacenters: DatacenterQueries;
}

/** Deletes images that no server uses and no image builds on. */
export class DeleteService {
  constructor(private readonly services: DeleteServices) {}

  async delete({ name, dryRun }: DeleteImageInput): Promise<DeleteImagePayloadType> {
    const { datacenters, gate, images, viewer } = this.services;
    const shown = await images.require(name);
    const bound = shown.boundDatacenterId === null ? null : await datacenters.byId.load(shown.boundDatacenterId);
    viewer.demand('image.delete', { bound });
    const isWork = (await gate.open()) !== null;
    const warnings = isWork ? [] : [NO_IMAGE_SERVER];
    return runCommand(this.services, dryRun === true, {
      work: async (tx, announce) => this.#record(tx, name, isWork, announce),
      read: async (reading, { taskId, dryRunWarnings }) => ({
        deletedImageId: dryRun === true ? null : IMAGE_IDS.encode(shown.id),
        name,
        uuid: shown.uuid,
        task: await reading.tasks.require(taskId),
        warnings: [...(dryRun === true ? dryRunWarnings : []), ...warnings],
      }),
    });
  }

  async #record(tx: SqlEntityManager, name: string, isWork: boolean, announce: Announce): Promise<CommandOutcome & { dryRunWarnings: string[] }> {
    const image = await tx.findOne(Image, { name }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (image === null) throw notFound('image', name, 'name');
    const target = await actionTargetOf(tx, image);
    await new ActionRules(tx, this.services.viewer).demand('DELETE', target);
    const attachments = await attachmentsOf(tx, image.id);
    const { uuid, alias, version } = image;
    const facts = {
      action: 'IMAGE_DELETE' as const,
      ...this.services.viewer.starter,
      datacenterId: attachments.boundDatacenterId,
      imageId: isWork ? image.id : null,
      imageName: name,
      detail: { uuid, alias, version },
    };
    const dryRunWarnings = [removalWarning(image), ...target.attached.map((datacenter) => `It will no longer be usable in datacenter ${datacenter.name}.`)];
    if (isWork) {
      image.status = 'PENDING';
      announceImage('UPDATED', image, { ...attachments, before: { status: 'OK' } }, announce);
      return { taskId: await recordWork(tx, facts, { instructions: { uuid } }, announce), work: 'IMAGE_DELETE', dryRunWarnings };
    }
    const taskId = await recordDone(tx, facts, announce);
    announceImage('DELETED', image, { ...attachments, before: {} }, announce);
    await tx.nativeDelete(Image, { id: image.id });
    await announceBase(tx, image.origin, announce);
    return { taskId, work: null, dryRunWarnings };
  }
}

function removalWarning({ name, fileSize }: Image): string {
  const file = fileSize ? `, and its file of ${fileSize} bytes,` : '';
  return `Image ${name}${file} will be removed for good.`;
}
