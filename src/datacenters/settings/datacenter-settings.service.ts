import { LockMode } from '@mikro-orm/core';
import type { Viewer } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { badInput, notFound } from '../../platform/errors.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import { recordDone } from '../../tasks/runner/record-task.js';
import { transact } from '../../tasks/changes/transact.js';
import { Datacenter } from '../datacenter.entity.js';
import type { DatacenterQueries } from '../datacenter.queries.js';
import type { DatacenterType } from '../datacenter.type.js';
import type { UpdateDatacenterSettingsInput } from './settings.inputs.js';

/** Changes the settings of one datacenter, for SuperAdmins. */
export class DatacenterSettingsService {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly changes: ChangeBus,
    private readonly datacenters: DatacenterQueries,
  ) {}

  /** Accepts a limit below the number of bound images: no further image can be bound then. */
  async update(input: UpdateDatacenterSettingsInput): Promise<DatacenterType> {
    this.viewer.demand('datacenterSettings.change');
    const { vmsImageLimit: limit } = input;
    await transact(this.em.fork(), this.changes, async (tx, announce) => {
      const datacenter = await tx.findOne(Datacenter, { name: input.datacenter }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (datacenter === null) throw notFound('datacenter', input.datacenter, 'datacenter');
      if (typeof limit === 'number' && limit < 0) {
        throw badInput([{ path: 'vmsImageLimit', code: 'OUT_OF_RANGE', params: { value: limit, min: 0 }, message: `${limit} is not a limit; 0 or more, or null for none, are.` }]);
      }
      if (limit === undefined || limit === (datacenter.vmsImageLimit ?? null)) return;
      const detail = { vmsImageLimit: { before: datacenter.vmsImageLimit ?? null, after: limit } };
      datacenter.vmsImageLimit = limit;
      const facts = { action: 'SETTINGS_UPDATE' as const, userId: this.viewer.userId, datacenterId: datacenter.id, detail };
      await recordDone(tx, facts, announce);
    });
    return this.datacenters.require(input.datacenter);
  }
}
