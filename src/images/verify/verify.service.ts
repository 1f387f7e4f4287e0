import { LockMode } from '@mikro-orm/core';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError, notFound } from '../../platform/errors.js';
import { Task } from '../../tasks/task.entity.js';
import { recordWork } from '../../tasks/runner/record-task.js';
import type { Announce } from '../../tasks/changes/transact.js';
import { attachmentsOf } from '../events/image-changes.js';
import { Image } from '../image.entity.js';
import type { ImageTaskPayloadType } from '../mutations/image-payload.type.js';
import { type CommandOutcome, type CommandServices, runCommand } from '../mutations/run-command.js';
import { notReady } from '../rules/action-rules.js';
import type { ImageServerGate } from '../rules/image-server-gate.js';
import type { VerifyInstructions } from './verify-image.js';

export interface VerifyServices extends CommandServices {
  gate: ImageServerGate;
  datacenters: DatacenterQueries;
}

/** Starts tasks that verify the stored files of images. */
export class VerifyService {
  constructor(private readonly services: VerifyServices) {}

  async verify(name: string): Promise<ImageTaskPayloadType> {
    const { datacenters, gate, images, viewer } = this.services;
    const shown = await images.require(name);
    const bound = shown.boundDatacenterId === null ? null : await datacenters.byId.load(shown.boundDatacenterId);
    viewer.demand('image.verify', { bound });
    const hasServer = (await gate.open()) !== null;
    return runCommand(this.services, false, {
      work: async (tx, announce) => this.#record(tx, name, hasServer, announce),
      read: async (reading, { taskId }) => ({ image: await reading.images.require(name), task: await reading.tasks.require(taskId), warnings: [] }),
    });
  }

  async #record(tx: SqlEntityManager, name: string, hasServer: boolean, announce: Announce): Promise<CommandOutcome> {
    const image = await tx.findOne(Image, { name }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (image === null) throw notFound('image', name, 'name');
    if (image.status === 'PENDING') throw notReady(name);
    if ((await tx.count(Task, { image: image.id, action: 'IMAGE_VERIFY', finishedAt: null })) > 0) {
      throw new AppError('IMAGE_NOT_READY', `Image ${name} is being verified already; wait for that task to end, or cancel it.`);
    }
    const { boundDatacenterId: datacenterId } = await attachmentsOf(tx, image.id);
    const facts = { action: 'IMAGE_VERIFY', ...this.services.viewer.starter, datacenterId, imageId: image.id, imageName: name, detail: {} } as const;
    const instructions = instructionsOf(image, hasServer);
    return { taskId: await recordWork(tx, facts, { instructions, bytesTotal: instructions.size }, announce), work: 'IMAGE_VERIFY' };
  }
}

function instructionsOf({ uuid, name, fileSize, fileSha1, fileSha256 }: Image, hasServer: boolean): VerifyInstructions {
  if (hasServer && fileSize && fileSha1 && fileSha256) return { uuid, size: fileSize, sha1: fileSha1, sha256: fileSha256 };
  const reason = hasServer ? 'it was made in the database only' : 'no image server is configured (VMS_IMAGE_VM)';
  throw new AppError('NO_FILE', `Image ${name} has no file that could be verified: ${reason}.`);
}
