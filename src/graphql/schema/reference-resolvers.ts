import type { GraphQLResolveInfo } from 'graphql';
import type { GatewayContext, RequestContainer } from '../../access/request-container.js';
import { GroupQueries } from '../../access/people/group.queries.js';
import { GROUP_IDS, type GroupType } from '../../access/people/group.type.js';
import { UserQueries } from '../../access/people/user.queries.js';
import { USER_IDS } from '../../access/people/user.type.js';
import { shownViewer, VIEWER_IDS, type ViewerType } from '../../access/viewer.type.js';
import { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { DATACENTER_IDS } from '../../datacenters/datacenter.type.js';
import { ImageQueries } from '../../images/image.queries.js';
import { IMAGE_IDS } from '../../images/image.type.js';
import { badInput } from '../../platform/errors.js';
import type { Key } from '../../platform/database/list/key-loader.js';
import type { GlobalIds } from '../../platform/graphql/global-id.js';
import { WeakMemo } from '../../platform/memory/weak-memo.js';
import { type ObjectSelection, objectSelection } from '../../platform/graphql/selection.js';
import { REPOSITORY_IDS } from '../../repositories/image-repository.type.js';
import { RepositoryQueries } from '../../repositories/repository.queries.js';
import { TaskQueries } from '../../tasks/task.queries.js';
import { taskUuid } from '../../tasks/task.type.js';
import { ServerQueries } from '../../virtual-servers/server.queries.js';
import { SERVER_IDS } from '../../virtual-servers/virtual-server.type.js';
import { NODE_FINDERS } from './node-finders.js';
import { resolveEach, type ReferenceResolvers } from './entities-resolver.js';

type Representation = Record<string, unknown>;

/** The field, of those given, that a representation has as its key, and the value, which is a string. BAD_USER_INPUT without one. */
function textIn<F extends string>(reference: Representation, fields: readonly F[]): { field: F; value: string } {
  const valueOf = (one: F): unknown => (Object.hasOwn(reference, one) ? reference[one] : undefined);
  const field = fields.find((one) => valueOf(one) !== undefined);
  const value = field === undefined ? undefined : valueOf(field);
  if (field === undefined || typeof value !== 'string') {
    const [type, path] = [String(reference['__typename']), field ?? fields.join(' or ')];
    throw badInput([{ path, code: 'REQUIRED', message: `A reference to ${type} has ${fields.join(' or ')}, a string, and this one has not.` }]);
  }
  // No key has half a surrogate pair, for which a driver would write another character; no key is empty either.
  if (!value.isWellFormed()) return { field, value: '' };
  return { field, value: field === 'uuid' ? value.toLowerCase() : value };
}

/** No row has this number. */
const NO_ROW = 0;

/** Reads the key of a representation: the first of `fields` that it has, or else `id`. Lower-cases a UUID, as the database stores it. */
function keyIn<F extends string>(reference: Representation, ids: GlobalIds<number>, fields: readonly F[]): Key<F | 'id'> {
  const { field, value } = textIn(reference, [...fields, 'id']);
  return field === 'id' ? { field, value: ids.decode(value) ?? NO_ROW } : { field, value };
}

function idIn(reference: Representation): string {
  return textIn(reference, ['id']).value;
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
      return keyIn(reference, IMAGE_IDS, ['uuid', 'name']);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  });
  return container.get(ImageQueries).referred(keys, imageSelection(info));
}

function oneByOne(resolve: (reference: Representation, container: RequestContainer) => Promise<unknown>): ReferenceResolvers[string] {
  return resolveEach(async (reference, { container }) => resolve(reference, container));
}

/** The viewer itself; null for everybody else, whom nobody can see as a viewer. */
function findViewer(id: string, { viewer }: RequestContainer): ViewerType | null {
  return VIEWER_IDS.decode(id) === viewer.userId ? shownViewer(viewer) : null;
}

/** A group is seen by its members; nobody else learns without the permission whether there is one. */
async function findGroup(reference: Representation, container: RequestContainer): Promise<GroupType | null> {
  const id = GROUP_IDS.decode(idIn(reference)) ?? NO_ROW;
  const found = await container.get(GroupQueries).visibleById(container.viewer, id);
  if (found === null) container.viewer.demand('people.read');
  return found;
}

/**
 * Resolves the references of federation routers, with one statement per type and the same visibility as the queries: to an object
 * that the caller may see, or to null; never to the representation itself.
 */
export const referenceResolvers: ReferenceResolvers = {
  Image: resolveImages,
  Datacenter: oneByOne(async (reference, container) => {
    const { field, value } = keyIn(reference, DATACENTER_IDS, ['name']);
    const visible = await container.get(DatacenterQueries).visible();
    return field === 'id' ? visible.byId(Number(value)) : visible.byName(String(value));
  }),
  ImageRepository: oneByOne(async (reference, container) => {
    container.viewer.demand('repository.use');
    return container.get(RepositoryQueries).byKey.load(keyIn(reference, REPOSITORY_IDS, ['name']));
  }),
  RepositoryImage: oneByOne(async (reference, container) => {
    container.viewer.demand('repository.use');
    return NODE_FINDERS.RepositoryImage(idIn(reference), container);
  }),
  User: oneByOne(async (reference, container) => {
    const key = keyIn(reference, USER_IDS, ['username']);
    const { userId, username } = container.viewer;
    if (key.value !== (key.field === 'id' ? userId : username)) container.viewer.demand('people.read');
    return container.get(UserQueries).byKey.load(key);
  }),
  Group: oneByOne(findGroup),
  Viewer: oneByOne(async (reference, container) => findViewer(idIn(reference), container)),
  VirtualServer: oneByOne(async (reference, container) => container.get(ServerQueries).byKey.load(keyIn(reference, SERVER_IDS, ['uuid', 'hostname']))),
  Snapshot: oneByOne(async (reference, container) => NODE_FINDERS.Snapshot(idIn(reference), container)),
  Task: oneByOne(async (reference, container) => container.get(TaskQueries).byKey.load({ field: 'id', value: taskUuid(idIn(reference)) })),
};
