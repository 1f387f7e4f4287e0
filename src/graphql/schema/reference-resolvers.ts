import type { GraphQLResolveInfo } from 'graphql';
import type { GatewayContext, RequestContainer } from '../../access/request-container.js';
import { UserQueries } from '../../access/people/user.queries.js';
import { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { ImageQueries } from '../../images/image.queries.js';
import { badInput } from '../../platform/errors.js';
import type { Key } from '../../platform/database/list/key-loader.js';
import { WeakMemo } from '../../platform/memory/weak-memo.js';
import { type ObjectSelection, objectSelection } from '../../platform/graphql/selection.js';
import { RepositoryQueries } from '../../repositories/repository.queries.js';
import { TaskQueries } from '../../tasks/task.queries.js';
import { ServerQueries } from '../../virtual-servers/server.queries.js';
import { resolveEach, type ReferenceResolvers } from './entities-resolver.js';

type Representation = Record<string, unknown>;

/** Reads the key of a representation: the first of `fields` that it has. Lower-cases a UUID, as the database stores it. */
function keyIn<F extends string>(reference: Representation, fields: readonly F[]): Key<F> {
  const valueOf = (one: F): unknown => (Object.hasOwn(reference, one) ? reference[one] : undefined);
  const field = fields.find((one) => valueOf(one) !== undefined);
  const value = field === undefined ? undefined : valueOf(field);
  if (field === undefined || typeof value !== 'string') {
    const [type, path] = [String(reference['__typename']), field ?? fields.join(' or ')];
    throw badInput([{ path, message: `A reference to ${type} has ${fields.join(' or ')}, a string, and this one has not.` }]);
  }
  // No key has half a surrogate pair, for which a driver would write another character; no key is empty either.
  if (!value.isWellFormed()) return { field, value: '' };
  return { field, value: field === 'uuid' ? value.toLowerCase() : value };
}

/** Memo of selections with the key fields added, keyed weakly by the selection. */
const withKeys = new WeakMemo<ObjectSelection, ObjectSelection>();

/** The requested fields plus the keys, by which the rows are matched to the representations. */
function imageSelection(info: GraphQLResolveInfo): ObjectSelection {
  return withKeys.getOrCompute(objectSelection(info), (requested) => ({ ...requested, fields: new Set([...requested.fields, 'uuid', 'name']) }));
}

/** Reads all images with one statement; returns an Error in place of a representation without a usable key. */
async function resolveImages(references: readonly Representation[], { container }: GatewayContext, info: GraphQLResolveInfo): Promise<unknown[]> {
  const keys = references.map((reference) => {
    try {
      return keyIn(reference, ['uuid', 'name']);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  });
  return container.get(ImageQueries).referred(keys, imageSelection(info));
}

function oneByOne(resolve: (reference: Representation, container: RequestContainer) => Promise<unknown>): ReferenceResolvers[string] {
  return resolveEach(async (reference, { container }) => resolve(reference, container));
}

/**
 * Resolves the references of federation routers, with one statement per type and the same visibility as the queries: to an object
 * that the caller may see, or to null; never to the representation itself.
 */
export const referenceResolvers: ReferenceResolvers = {
  Image: resolveImages,
  Datacenter: oneByOne(async (reference, container) => container.get(DatacenterQueries).byName(keyIn(reference, ['name']).value)),
  ImageRepository: oneByOne(async (reference, container) => {
    container.viewer.demand('repository.use');
    return container.get(RepositoryQueries).byKey.load(keyIn(reference, ['name']));
  }),
  User: oneByOne(async (reference, container) => {
    const key = keyIn(reference, ['username']);
    if (key.value !== container.viewer.username) container.viewer.demand('people.read');
    return container.get(UserQueries).byKey.load(key);
  }),
  VirtualServer: oneByOne(async (reference, container) => container.get(ServerQueries).byKey.load(keyIn(reference, ['uuid', 'hostname']))),
  Task: oneByOne(async (reference, container) => container.get(TaskQueries).byKey.load(keyIn(reference, ['id']))),
};
