import { DATACENTER_IDS } from '../../datacenters/datacenter.type.js';
import { GROUP_IDS } from '../../access/people/group.type.js';
import { USER_IDS } from '../../access/people/user.type.js';
import { IMAGE_IDS, type SelectedImage } from '../../images/image.type.js';
import { REPOSITORY_IDS } from '../../repositories/image-repository.type.js';
import { TASK_IDS } from '../../tasks/task.type.js';
import { SNAPSHOT_IDS } from '../../virtual-servers/snapshots/snapshot.type.js';
import { SERVER_IDS } from '../../virtual-servers/virtual-server.type.js';

type Resolvers = Record<string, Record<string, unknown>>;

/** Makes the field `id` of an object from its property `id`, by type. Types that are not here have it as a property already. */
export const ID_ENCODERS: ReadonlyMap<string, (id: never) => string> = new Map<string, (id: never) => string>([
  ['User', USER_IDS.encode],
  ['Group', GROUP_IDS.encode],
  ['Datacenter', DATACENTER_IDS.encode],
  ['Image', IMAGE_IDS.encode],
  ['ImageRepository', REPOSITORY_IDS.encode],
  ['VirtualServer', SERVER_IDS.encode],
  ['Snapshot', SNAPSHOT_IDS.encode],
  ['Task', TASK_IDS.encode],
]);

/** An image that a dry run wrote is answered by a mutation only, which graphql-js executes: compiled code need not know of it. */
function imageId({ id, isDryRun }: SelectedImage): string {
  return IMAGE_IDS.encode(isDryRun === true ? -id : id);
}

function typeNameOf({ __typename: name }: { __typename?: string }): string | undefined {
  return name;
}

/** Resolves the field `id` of every type, and the type of a Node, which `NodeResolver` has set on the object. */
export function useGlobalIds(resolvers: Resolvers): void {
  for (const [type, fields] of Object.entries(resolvers)) {
    const encode = ID_ENCODERS.get(type);
    if (encode !== undefined) fields['id'] = ({ id }: { id: never }) => encode(id);
  }
  resolvers['Image'] = { ...resolvers['Image'], id: imageId };
  resolvers['Node'] = { __resolveType: typeNameOf };
}
