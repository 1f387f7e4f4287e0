import type { GatewayContext, RequestScope } from '../access/scope.js';
import { UserQueries } from '../access/user.queries.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import { ImageQueries } from '../images/image.queries.js';
import { badInput } from '../platform/errors.js';
import type { Key } from '../platform/key-loader.js';
import { RepositoryQueries } from '../repositories/repository.queries.js';
import { TaskQueries } from '../tasks/task.queries.js';
import { ServerQueries } from '../virtual-servers/server.queries.js';
import type { References } from './entities.js';

type Representation = Record<string, unknown>;

/** The key of a representation: the first of `fields` that it has. UUIDs are stored in lower case. */
function keyIn<F extends string>(reference: Representation, fields: readonly F[]): Key<F> {
  const field = fields.find((one) => reference[one] !== undefined);
  const value = field === undefined ? undefined : reference[field];
  if (field === undefined || typeof value !== 'string') {
    const [type, path] = [String(reference['__typename']), field ?? fields.join(' or ')];
    throw badInput([{ path, message: `A reference to ${type} has ${fields.join(' or ')}, a string, and this one has not.` }]);
  }
  return { field, value: field === 'uuid' ? value.toLowerCase() : value };
}

/** Never the representation itself: an object of ours that the caller may see, or null. */
const RESOLVERS: Record<string, (reference: Representation, scope: RequestScope) => Promise<unknown>> = {
  Image: async (reference, scope) => scope.get(ImageQueries).byKey.load(keyIn(reference, ['uuid', 'name'])),
  Datacenter: async (reference, scope) => scope.get(DatacenterQueries).byKey.load(keyIn(reference, ['name'])),
  ImageRepository: async (reference, scope) => {
    scope.viewer.demand('repository.use');
    return scope.get(RepositoryQueries).byKey.load(keyIn(reference, ['name']));
  },
  User: async (reference, scope) => {
    const key = keyIn(reference, ['username']);
    if (key.value !== scope.viewer.username) scope.viewer.demand('people.read');
    return scope.get(UserQueries).byKey.load(key);
  },
  VirtualServer: async (reference, scope) => scope.get(ServerQueries).byKey.load(keyIn(reference, ['uuid', 'hostname'])),
  Task: async (reference, scope) => scope.get(TaskQueries).byKey.load(keyIn(reference, ['id'])),
};

/** How a federation gateway's references become objects: by the same visibility as the queries, one statement per type. */
export const references: References = Object.fromEntries(
  Object.entries(RESOLVERS).map(([type, resolve]) => [
    type,
    async (reference: Representation, context: GatewayContext) => resolve(reference, context.scope),
  ]),
);
