import { GroupQueries } from '../../access/people/group.queries.js';
import { GROUP_IDS } from '../../access/people/group.type.js';
import { UserQueries } from '../../access/people/user.queries.js';
import { USER_IDS } from '../../access/people/user.type.js';
import type { RequestContainer } from '../../access/request-container.js';
import { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { DATACENTER_IDS } from '../../datacenters/datacenter.type.js';
import { ImageQueries } from '../../images/image.queries.js';
import { IMAGE_IDS } from '../../images/image.type.js';
import type { GlobalIds } from '../../platform/graphql/global-id.js';
import { RepositoryImageQueries } from '../../repositories/entries/repository-image.queries.js';
import { ENTRY_IDS } from '../../repositories/entries/repository-image.type.js';
import { REPOSITORY_IDS } from '../../repositories/image-repository.type.js';
import { RepositoryQueries } from '../../repositories/repository.queries.js';
import { TaskQueries } from '../../tasks/task.queries.js';
import { TASK_IDS } from '../../tasks/task.type.js';
import { SnapshotQueries } from '../../virtual-servers/snapshots/snapshot.queries.js';
import { SNAPSHOT_IDS } from '../../virtual-servers/snapshots/snapshot.type.js';
import { ServerQueries } from '../../virtual-servers/server.queries.js';
import { SERVER_IDS } from '../../virtual-servers/virtual-server.type.js';

/** What finding an object takes of a request. */
export type NodeContainer = Pick<RequestContainer, 'get' | 'viewer'>;

/** Finds the object with this global id. Resolves to null where the caller may not see it; returns null for an id of another type, or of none. */
export type NodeFinder = (id: string, container: NodeContainer) => Promise<object | null> | null;

function finder<K>(ids: GlobalIds<K>, find: (container: NodeContainer, key: K) => Promise<object | null>): NodeFinder {
  return (id, container) => {
    const key = ids.decode(id);
    return key === null ? null : find(container, key);
  };
}

/** One per type that implements Node. Each asks a loader, so that ids of one type are read together. */
export const NODE_FINDERS = {
  User: finder(USER_IDS, async (container, value) => {
    const mayRead = value === container.viewer.userId || container.viewer.can('people.read').allowed;
    return mayRead ? container.get(UserQueries).byKey.load({ field: 'id', value }) : null;
  }),
  Group: finder(GROUP_IDS, async (container, id) => container.get(GroupQueries).visibleById(container.viewer, id)),
  Datacenter: finder(DATACENTER_IDS, async (container, id) => container.get(DatacenterQueries).byId.load(id)),
  Image: finder(IMAGE_IDS, async (container, id) => container.get(ImageQueries).byId.load(id)),
  ImageRepository: finder(REPOSITORY_IDS, async (container, value) => findRepository(container, value)),
  RepositoryImage: finder(ENTRY_IDS, async (container, { rowId, uuid }) => {
    const repository = await findRepository(container, rowId);
    return repository === null ? null : container.get(RepositoryImageQueries).byKey.load({ repository, uuid });
  }),
  VirtualServer: finder(SERVER_IDS, async (container, id) => container.get(ServerQueries).byId.load(id)),
  Snapshot: finder(SNAPSHOT_IDS, async (container, id) => container.get(SnapshotQueries).byId.load(id)),
  Task: finder(TASK_IDS, async (container, id) => container.get(TaskQueries).byId.load(id)),
} satisfies Record<string, NodeFinder>;

async function findRepository(container: NodeContainer, id: number) {
  return container.get(RepositoryQueries).visibleById(id);
}
