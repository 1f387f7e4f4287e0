import { User } from '../../access/people/user.entity.js';
import type { Viewer } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import type { DatacenterQueries } from '../datacenter.queries.js';
import type { DatacenterType } from '../datacenter.type.js';

/** Reads and stores the datacenter that the viewer works in. */
export class CurrentDatacenter {
  #chosen: DatacenterType | null = null;

  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly datacenters: DatacenterQueries,
  ) {}

  async get(): Promise<DatacenterType> {
    return this.#chosen ?? this.datacenters.current();
  }

  /** Switches to another one, for all requests to come. NOT_FOUND when the viewer cannot see it. */
  async choose(name: string): Promise<void> {
    const datacenter = await this.datacenters.require(name, 'name');
    await inTransaction(this.em.fork(), async (tx) => tx.nativeUpdate(User, { id: this.viewer.userId }, { currentDatacenter: datacenter.id }));
    this.#chosen = datacenter;
  }
}
