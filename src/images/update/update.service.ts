import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { withStoredTexts } from '../../platform/display-text.js';
import { alreadyExists, badInput, type FieldError } from '../../platform/errors.js';
import { type CommandServices, runCommand } from '../mutations/run-command.js';
import type { UpdateImageInput } from '../mutations/image-mutation.inputs.js';
import type { ImageTaskPayloadType } from '../mutations/image-payload.type.js';
import { imageFieldFaults } from '../rules/image-rules.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../rules/image-server-gate.js';
import type { ImageType } from '../image.type.js';
import { permission } from '../rules/action-rules.js';
import { requireActiveUser } from '../rules/owner.js';
import { givenValues } from './image-values.js';
import { recordUpdate, type ImageUpdate } from './record-update.js';

export interface UpdateServices extends CommandServices {
  gate: ImageServerGate;
  datacenters: DatacenterQueries;
}

function given<T>(value: T | null | undefined): T | undefined {
  return value === null ? undefined : value;
}

/** Updates images. When the manifest changes, the image is PENDING until the image server has it; owner and binding change at once. */
export class UpdateService {
  constructor(private readonly services: UpdateServices) {}

  async update(input: UpdateImageInput): Promise<ImageTaskPayloadType> {
    return this.#updateStored(withStoredTexts(input));
  }

  async #updateStored(input: UpdateImageInput): Promise<ImageTaskPayloadType> {
    const { gate, images, viewer } = this.services;
    const { name, dryRun } = input;
    await this.#demand(await images.require(name), input);
    const wanted = await this.#check(input);
    const server = await gate.open({ isNeeded: Object.keys(wanted.shown).length > 0 });
    try {
      return await runCommand(this.services, dryRun === true, {
        work: async (tx, announce) => recordUpdate(tx, viewer, { name, ifUpdatedAt: input.ifUpdatedAt ?? null, wanted, hasServer: server !== null }, announce),
        read: async (reading, outcome) => ({
          image: await reading.images.require(name),
          task: await reading.tasks.require(outcome.taskId),
          warnings: [...(dryRun === true ? outcome.dryRunWarnings : []), ...outcome.warnings, ...(server === null ? [NO_IMAGE_SERVER] : [])],
        }),
      });
    } catch (error) {
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      throw alreadyExists(`Another image has this alias and this version; the two together are unique.`, { alias: input.alias ?? null, version: input.version ?? null });
    }
  }

  async #demand(image: ImageType, input: UpdateImageInput): Promise<void> {
    const { viewer, datacenters } = this.services;
    const bound = image.boundDatacenterId === null ? null : await datacenters.byId.load(image.boundDatacenterId);
    const verdict = permission(viewer, typeof input.dcBound === 'boolean' ? 'CHANGE_DC_BOUND' : 'UPDATE', bound);
    if (!verdict.allowed) throw verdict.error;
  }

  async #check(input: UpdateImageInput): Promise<ImageUpdate> {
    const faults: FieldError[] = imageFieldFaults({ ...input, name: null });
    const owner = given(input.owner);
    const ownerId = owner === undefined ? undefined : await requireActiveUser(this.services.em, owner, this.services.viewer, faults);
    if (faults.length > 0) throw badInput(faults);
    return { shown: givenValues(input), owner: ownerId === undefined || owner === undefined ? undefined : { id: ownerId, username: owner }, dcBound: given(input.dcBound) };
  }
}
