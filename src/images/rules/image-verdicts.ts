import type { DatacenterRef, Viewer } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError, type Requirement } from '../../platform/errors.js';
import { ActionRules, NEEDS_SERVER, permission, type ActionTarget } from './action-rules.js';
import { IMAGE_ACTIONS, type ImageAction } from '../image.enums.js';
import type { ImageQueries } from '../image.queries.js';
import type { ImageServerGate } from './image-server-gate.js';
import type { ImageActionVerdictType, ImageType } from '../image.type.js';

export interface VerdictServices {
  em: SqlEntityManager;
  viewer: Viewer;
  datacenters: DatacenterQueries;
  images: ImageQueries;
  gate: ImageServerGate;
}

/** The verdict on each action, by the same rules as the mutation, without its further input. */
export class ImageVerdicts {
  readonly #rules: ActionRules;
  #server: Promise<unknown> | null = null;

  constructor(private readonly services: VerdictServices) {
    this.#rules = new ActionRules(services.em, services.viewer);
  }

  async all(image: ImageType): Promise<ImageActionVerdictType[]> {
    const { datacenters, images } = this.services;
    const bound = image.boundDatacenterId === null ? null : await datacenters.byId.load(image.boundDatacenterId);
    const attached = await images.attachedTo.load(image.id);
    const { id, uuid, name, status, access, ownerId } = image;
    const target = { id, uuid, name, status, access, ownerId, attached, bound };
    return Promise.all(IMAGE_ACTIONS.map(async (action) => verdictOf(action, async () => this.#demand(action, target))));
  }

  async #demand(action: ImageAction, image: ActionTarget): Promise<void> {
    const verdict = permission(this.services.viewer, action, image.bound);
    if (!verdict.allowed) throw verdict.error;
    // Once for all images of a request, as it reads the disk.
    if (NEEDS_SERVER.includes(action)) await (this.#server ??= this.services.gate.open());
    if (action === 'DETACH') return this.#demandSomewhere(action, image, image.attached);
    if (action === 'USE') return this.#demandSomewhere(action, image, await this.#visible(image.attached));
    return this.#rules.demand(action, image);
  }

  /** Allowed when one of the datacenters allows it; else the refusal of the first. */
  async #demandSomewhere(action: ImageAction, image: ActionTarget, datacenters: readonly DatacenterRef[]): Promise<void> {
    let refusal: unknown = null;
    for (const datacenter of datacenters.length === 0 ? [null] : datacenters) {
      try {
        return await this.#rules.demand(action, image, datacenter);
      } catch (error) {
        refusal ??= error;
      }
    }
    throw refusal;
  }

  async #visible(attached: readonly DatacenterRef[]): Promise<DatacenterRef[]> {
    const seen = await Promise.all(attached.map(async (one) => this.services.datacenters.byId.load(one.id)));
    return seen.filter((one) => one !== null);
  }
}

async function verdictOf(action: ImageAction, demand: () => Promise<void>): Promise<ImageActionVerdictType> {
  try {
    await demand();
    return { action, allowed: true, code: null, reason: null, requires: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const requires = (error.extensions['requires'] as Requirement | undefined) ?? null;
    return { action, allowed: false, code: error.code, reason: error.message, requires };
  }
}
