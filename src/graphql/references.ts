import type { GraphQLResolveInfo } from 'graphql';
import type { GatewayContext, RequestScope } from '../access/scope.js';
import { UserQueries } from '../access/user.queries.js';
import { DatacenterQueries } from '../datacenters/datacenter.queries.js';
import { ImageQueries } from '../images/image.queries.js';
import { type ObjectSelection, objectSelection } from '../platform/selection.js';
import { RepositoryQueries } from '../repositories/repository.queries.js';
import { TaskQueries } from '../tasks/task.queries.js';
import { ServerQueries } from '../virtual-servers/server.queries.js';
import { oneByOne, type References } from './entities.js';

type Representation = Record<string, unknown>;

function text(reference: Representation, key: string): string | null {
  const value = reference[key];
  return typeof value === 'string' ? value : null;
}

const withKeys = new WeakMap<ObjectSelection, ObjectSelection>();

/** What was asked of the images, and the keys that tell which is which. */
function imageSelection(info: GraphQLResolveInfo): ObjectSelection {
  const asked = objectSelection(info);
  let selection = withKeys.get(asked);
  if (selection === undefined) withKeys.set(asked, (selection = { ...asked, fields: new Set([...asked.fields, 'uuid', 'name']) }));
  return selection;
}

/** One statement for all of them. */
async function images(references: readonly Representation[], { scope }: GatewayContext, info: GraphQLResolveInfo): Promise<unknown[]> {
  const keys = references.map((reference) => {
    const uuid = text(reference, 'uuid')?.toLowerCase() ?? null;
    return { uuid, name: uuid === null ? text(reference, 'name') : null };
  });
  return scope.get(ImageQueries).referred(keys, imageSelection(info));
}

function from(resolve: (reference: Representation, scope: RequestScope) => Promise<unknown>): References[string] {
  return oneByOne(async (reference, { scope }) => resolve(reference, scope));
}

/**
 * How a federation gateway's references become objects: by the same visibility as the queries. Never the representation
 * itself: an object of ours that the caller may see, or null.
 */
export const references: References = {
  Image: images,
  Datacenter: from(async (reference, scope) => scope.get(DatacenterQueries).byName(text(reference, 'name') ?? '')),
  ImageRepository: from(async (reference, scope) => {
    scope.viewer.demand('repository.use');
    return scope.get(RepositoryQueries).namesake.load(text(reference, 'name') ?? '');
  }),
  User: from(async (reference, scope) => {
    const username = text(reference, 'username') ?? '';
    if (username !== scope.viewer.username) scope.viewer.demand('people.read');
    return scope.get(UserQueries).namesake.load(username);
  }),
  VirtualServer: from(async (reference, scope) => {
    const uuid = text(reference, 'uuid')?.toLowerCase() ?? null;
    return uuid === null ? scope.get(ServerQueries).one(text(reference, 'hostname'), null) : scope.get(ServerQueries).byUuid.load(uuid);
  }),
  Task: from(async (reference, scope) => scope.get(TaskQueries).byId.load(text(reference, 'id') ?? '')),
};
