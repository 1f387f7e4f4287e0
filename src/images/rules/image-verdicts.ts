import { verdictBy } from '../../access/verdict.type.js';
import type { DatacenterRef, Viewer } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { IMAGE_ACTIONS, type ImageAction } from '../image.enums.js';
import type { ImageQueries } from '../image.queries.js';
import type { ImageActionVerdictType, ImageType } from '../image.type.js';
import { ActionRules, type ActionTarget, NEEDS_SERVER, permission } from './action-rules.js';
import type { VerdictGate } from './image-server-gate.js';

export interface VerdictServices {
  em: Reads;
  viewer: Viewer;
  datacenters: DatacenterQueries;
  images: ImageQueries;
  gate: VerdictGate;
}

/** Which verdicts a caller asks for; null: all, and the current datacenter. */
export interface AskedVerdicts {
  datacenter: string | null;
  only: readonly ImageAction[] | null;
}

/** Actions whose mutation names a datacenter. */
const IN_DATACENTER: readonly ImageAction[] = ['ATTACH', 'DETACH', 'USE'];
/** Actions whose rules look at where the image is attached. */
const NEEDS_ATTACHMENTS: readonly ImageAction[] = [...IN_DATACENTER, 'CHANGE_DC_BOUND'];

/** Verdicts on the actions on images: in the order of the checks of the mutation and by the same rules, without its further input. */
export class ImageVerdicts {
  readonly #rules: ActionRules;

  constructor(private readonly services: VerdictServices) {
    this.#rules = new ActionRules(services.em, services.viewer);
  }

  /** One verdict per action. A datacenter that the viewer cannot see makes those on ATTACH, DETACH and USE NOT_FOUND. */
  async of(image: ImageType, { datacenter, only }: AskedVerdicts): Promise<ImageActionVerdictType[]> {
    const actions = only === null ? IMAGE_ACTIONS : IMAGE_ACTIONS.filter((action) => only.includes(action));
    const { datacenters, images } = this.services;
    const bound = image.boundDatacenterId === null ? null : await datacenters.byId.load(image.boundDatacenterId);
    const attached = actions.some((action) => NEEDS_ATTACHMENTS.includes(action)) ? await images.attachedTo.load(image.id) : [];
    const { id, uuid, name, status, access, ownerId } = image;
    const target = { id, uuid, name, status, access, ownerId, attached, bound };
    return Promise.all(actions.map(async (action) => ({ action, ...(await verdictBy(async () => this.#demand(action, target, datacenter))) })));
  }

  async #demand(action: ImageAction, image: ActionTarget, named: string | null): Promise<void> {
    const verdict = permission(this.services.viewer, action, image.bound);
    if (!verdict.allowed) throw verdict.error;
    if (NEEDS_SERVER.includes(action)) await this.services.gate.demand();
    return this.#rules.demand(action, image, await this.#datacenterOf(action, named));
  }

  async #datacenterOf(action: ImageAction, named: string | null): Promise<DatacenterRef | null> {
    return IN_DATACENTER.includes(action) ? this.services.datacenters.require(named) : null;
  }
}
