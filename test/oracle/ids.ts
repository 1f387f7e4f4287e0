import { rowIds, uuidIds } from '../../src/platform/graphql/global-id.js';
import type { TestClient } from '../support/gateway.js';
import type { Facts, Ids } from './facts.js';

const QUERY = `query ($repository: String!) {
  users(first: 200) { nodes { id username } }
  groups(first: 200) { nodes { id name } }
  datacenters(first: 200) { nodes { id name } }
  images(showAll: true, showDeleted: true, first: 200) { nodes { id name } }
  imageRepository(name: $repository) { id images(first: 200) { nodes { id uuid } } }
  tasks(first: 200) { nodes { id user { id username } } }
}`;

interface Row {
  id: string;
  [field: string]: unknown;
}

/** Reads them as a SuperAdmin, and that of each viewer as the viewer itself. */
export async function readIds(facts: Pick<Facts, 'servers' | 'repository'>, admin: TestClient, clients: ReadonlyMap<string, TestClient>): Promise<Ids> {
  const ids = new Map<string, string>();
  const add = (type: string, rows: readonly Row[], nameOf: (row: Row) => unknown): void => rows.forEach((row) => ids.set(`${type} ${String(nameOf(row))}`, row.id));
  const data = await admin.run(QUERY, { repository: facts.repository.name });
  const tasks = data.tasks.nodes as (Row & { user: Row })[];
  add('User', [...(data.users.nodes as Row[]), ...tasks.map(({ user }) => user)], ({ username }) => username);
  add('Group', data.groups.nodes as Row[], ({ name }) => name);
  add('Datacenter', data.datacenters.nodes as Row[], ({ name }) => name);
  add('Image', data.images.nodes as Row[], ({ name }) => name);
  add('ImageRepository', [data.imageRepository as Row], () => facts.repository.name);
  add('RepositoryImage', data.imageRepository.images.nodes as Row[], ({ uuid }) => uuid);
  add('Task', tasks, ({ id }) => id);
  for (const { hostname, uuid } of facts.servers) {
    const { server } = await admin.run('query ($u: UUID!) { server(uuid: $u) { id snapshots { id name } } }', { u: uuid });
    ids.set(`VirtualServer ${hostname}`, server.id as string);
    add('Snapshot', server.snapshots as Row[], ({ name }) => `${hostname} ${String(name)}`);
  }
  for (const [username, client] of clients) ids.set(`Viewer ${username}`, (await client.run('{ viewer { id } }')).viewer.id as string);
  return ids;
}

const NO_ROW = 2_000_000_000;

/** An id of that type that no object has. */
export function missingId(type: string): string {
  return type === 'Task' ? uuidIds(type).encode('99999999-9999-4999-8999-999999999999') : rowIds(type).encode(NO_ROW);
}

/** Texts that are no ids. */
export const NO_IDS = ['', 'Image:1', 'SW1hZ2U6', 'image0', '1', '%', "' or 1 = 1 --"];
