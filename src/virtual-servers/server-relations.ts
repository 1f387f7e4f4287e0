import type { UserQueries } from '../access/people/user.queries.js';
import type { UserType } from '../access/people/user.type.js';
import type { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import { notFound } from '../platform/errors.js';
import type { ServerQueries } from './server.queries.js';
import type { SnapshotQueries } from './snapshots/snapshot.queries.js';
import type { SnapshotType } from './snapshots/snapshot.type.js';
import type { VirtualDiskType } from './disks/virtual-disk.type.js';
import type { VirtualServerType } from './virtual-server.type.js';

/** What belongs to a server that the viewer sees, each kind in one statement per page. */
export class ServerRelations {
  constructor(
    private readonly users: UserQueries,
    private readonly datacenters: DatacenterQueries,
    private readonly servers: ServerQueries,
    private readonly snapshotQueries: SnapshotQueries,
  ) {}

  /** NOT_FOUND only for the image server, which may be shown to who does not see its datacenter. */
  async datacenter(server: VirtualServerType): Promise<DatacenterType> {
    const datacenter = await this.datacenters.byId.load(server.datacenterId);
    if (datacenter === null) throw notFound('datacenter of the server', server.hostname);
    return datacenter;
  }

  async owner(server: VirtualServerType): Promise<UserType> {
    return this.users.require(server.ownerId);
  }

  /** Its own first, then what it inherits, each once. */
  async tags(server: VirtualServerType): Promise<string[]> {
    return [...new Set([...server.ownTags, ...(await this.servers.inheritedTags.load(server.id))])];
  }

  async disks(server: VirtualServerType): Promise<VirtualDiskType[]> {
    return this.servers.disks.load(server.id);
  }

  async snapshots(server: VirtualServerType): Promise<SnapshotType[]> {
    return this.snapshotQueries.ofServer.load(server.id);
  }
}
