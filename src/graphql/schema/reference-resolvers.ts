import type { GraphQLResolveInfo } from 'graphql';
import type { GatewayContext, RequestContainer } from '../../access/request-container.js';
import { UserQueries } from '../../access/people/user.queries.js';
import { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { ImageQueries } from '../../images/image.queries.js';
import { badInput } from '../../platform/errors.js';
import type { Key } from '../../platform/database/list/key-loader.js';
import { type ObjectSelection, objectSelection } from '../../platform/graphql/selection.js';
import { RepositoryQueries } from '../../repositories/repository.queries.js';
import { TaskQueries } from '../../tasks/task.queries.js';
import { ServerQueries } from '../../virtual-servers/server.queries.js';
import { resolveEach, type ReferenceResolvers } from './entities-resolver.js';

type Representation = Record<string, unknown>;

/** The key of a representation: the first of `fields` that it has. UUIDs are stored in lower case. */
function keyIn<F extends string>(reference: Representation, fields: readonly F[]): Key<F> {
  const ownOf = (one: F): unknown => (Object.hasOwn(reference, one) ? reference[one] : undefined);
  const field = fields.find((one) => ownOf(one) !== undefined);
  const value = field === undefined ? undefined : ownOf(field);
  if (field === undefined || typeof value !== 'string') {
    const [type, path] = [String(reference['__typename']), field ?? fields.join(' or ')];
    throw badInput([{ path, message: `A reference to ${type} has ${fields.join(' or ')}, a string, and this one has not.` }]);
  }
  return { field, value: field === 'uuid' ? value.toLowerCase() : value };
}

const withKeys = new WeakMap<ObjectSelection, ObjectSelection>();

/** What was asked of the images, and the keys that tell which is which. */
function imageSelection(info: GraphQLResolveInfo): ObjectSelection {
  const asked = objectSelection(info);
  let selection = withKeys.get(asked);
  if (selection === undefined) withKeys.set(asked, (selection = { ...asked, fields: new Set([...asked.fields, 'uuid', 'name']) }));
  return selection;
}

/** One statement for all of them; one without a usable key is refused in its own place. */
async function images(referenceResolvers: readonly Representation[], { container }: GatewayContext, info: GraphQLResolveInfo): Promise<unknown[]> {
  const keys = referenceResolvers.map((reference) => {
    try {
      return keyIn(reference, ['uuid', 'name']);
    } catch (error) {
      return error as Error;
    }
  });
  return container.get(ImageQueries).referred(keys, imageSelection(info));
}

function from(resolve: (reference: Representation, container: RequestContainer) => Promise<unknown>): ReferenceResolvers[string] {
  return resolveEach(async (reference, { container }) => resolve(reference, container));
}

/**
 * How a federation gateway's references become objects: by the same visibility as the queries, one statement per type. Never
 * the representation itself: an object of ours that the caller may see, or null.
 */
export const references: ReferenceResolvers = {
  Image: images,
  Datacenter: from(async (reference, container) => container.get(DatacenterQueries).byName(keyIn(reference, ['name']).value)),
  ImageRepository: from(async (reference, container) => {
    container.viewer.demand('repository.use');
    return container.get(RepositoryQueries).byKey.load(keyIn(reference, ['name']));
  }),
  User: from(async (reference, container) => {
    const key = keyIn(reference, ['username']);
    if (key.value !== container.viewer.username) container.viewer.demand('people.read');
    return container.get(UserQueries).byKey.load(key);
  }),
  VirtualServer: from(async (reference, container) => container.get(ServerQueries).byKey.load(keyIn(reference, ['uuid', 'hostname']))),
  Task: from(async (reference, container) => container.get(TaskQueries).byKey.load(keyIn(reference, ['id']))),
};
