import type { GatewayContext, RequestScope } from '../access/scope.js';
import { UserQueries } from '../access/user.queries.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import { ImageQueries } from '../images/image.queries.js';
import { RepositoryQueries } from '../repositories/repository.queries.js';
import { TaskQueries } from '../tasks/task.queries.js';
import { ServerQueries } from '../virtual-servers/server.queries.js';

type Representation = Record<string, unknown>;
type Resolve = (reference: Representation, scope: RequestScope) => Promise<unknown>;

function text(reference: Representation, key: string): string | null {
  const value = reference[key];
  return typeof value === 'string' ? value : null;
}

/** Never the representation itself: an object of ours that the caller may see, or null. */
const RESOLVERS: Record<string, Resolve> = {
  Image: async (reference, scope) => {
    const uuid = text(reference, 'uuid')?.toLowerCase() ?? null;
    return scope.get(ImageQueries).one(uuid === null ? text(reference, 'name') : null, uuid);
  },
  Datacenter: async (reference, scope) => scope.get(DatacenterQueries).byName(text(reference, 'name') ?? ''),
  ImageRepository: async (reference, scope) => {
    scope.viewer.demand('repository.use');
    return scope.get(RepositoryQueries).byName(text(reference, 'name') ?? '');
  },
  User: async (reference, scope) => {
    const username = text(reference, 'username') ?? '';
    if (username !== scope.viewer.username) scope.viewer.demand('people.read');
    return scope.get(UserQueries).byUsername(username);
  },
  VirtualServer: async (reference, scope) => {
    const uuid = text(reference, 'uuid')?.toLowerCase() ?? null;
    return scope.get(ServerQueries).one(uuid === null ? text(reference, 'hostname') : null, uuid);
  },
  Task: async (reference, scope) => scope.get(TaskQueries).byId.load(text(reference, 'id') ?? ''),
};

/** How a federation gateway's references become objects: by the same visibility as the queries. */
export const references = Object.fromEntries(
  Object.entries(RESOLVERS).map(([type, resolve]) => [
    type,
    async (reference: Representation, context: GatewayContext) => resolve(reference, context.scope),
  ]),
);
