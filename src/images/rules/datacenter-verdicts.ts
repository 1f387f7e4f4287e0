import { verdictBy } from '../../access/verdict.type.js';
import type { Viewer } from '../../access/viewer.js';
import { countServers, deletionRefusal } from '../../datacenters/datacenter-rules.js';
import { type ActionInDatacenter, DATACENTER_ACTIONS } from '../../datacenters/datacenter.enums.js';
import type { DatacenterActionVerdictType, DatacenterType } from '../../datacenters/datacenter.type.js';
import type { AppError } from '../../platform/errors.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { Loader } from '../../platform/graphql/loader.js';
import { mayImportInto } from '../import/may-import.js';
import { limitRefusal, type Occupancy, occupancies } from './bind-limit.js';
import type { VerdictGate } from './image-server-gate.js';

/** Verdicts on what can be done in datacenters, by the rules of the operations, without their further input. */
export class DatacenterVerdicts {
  readonly #occupancy = new Loader<number, Occupancy | null>(async (ids) => occupancies(this.em, ids));
  readonly #servers = new Loader<number, number>(async (ids) => countServers(this.em, ids));

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
    private readonly gate: VerdictGate,
  ) {}

  /** One verdict per action; null: on all. */
  async of(datacenter: DatacenterType, only: readonly ActionInDatacenter[] | null): Promise<DatacenterActionVerdictType[]> {
    const actions = only === null ? DATACENTER_ACTIONS : DATACENTER_ACTIONS.filter((action) => only.includes(action));
    return Promise.all(actions.map(async (action) => ({ action, ...(await verdictBy(async () => this.#demand(action, datacenter))) })));
  }

  async #demand(action: ActionInDatacenter, datacenter: DatacenterType): Promise<void> {
    const { viewer } = this;
    switch (action) {
      case 'LIST_IMAGES':
        return viewer.demand('image.list', { datacenter });
      case 'UPDATE':
        return viewer.demand('datacenter.change');
      case 'CHANGE_SETTINGS':
        return viewer.demand('datacenterSettings.change');
      case 'DELETE':
        viewer.demand('datacenter.change');
        return refuse(deletionRefusal(datacenter.name, await this.#servers.load(datacenter.id)));
      case 'CREATE_FROM_SNAPSHOT':
        viewer.demand('image.createFromSnapshot', { datacenter });
        return this.#demandNewImage(datacenter);
      case 'IMPORT':
      case 'IMPORT_UNBOUND': {
        const bound = action === 'IMPORT' ? datacenter : null;
        const verdict = mayImportInto(viewer, bound);
        if (!verdict.allowed) throw verdict.error;
        return this.#demandNewImage(bound);
      }
    }
  }

  /** The order of every new image: first room in its datacenter, then the image server. */
  async #demandNewImage(datacenter: DatacenterType | null): Promise<void> {
    const occupancy = datacenter === null ? null : await this.#occupancy.load(datacenter.id);
    refuse(occupancy === null ? null : limitRefusal(occupancy));
    await this.gate.demand();
  }
}

function refuse(refusal: AppError | null): void {
  if (refusal !== null) throw refusal;
}
