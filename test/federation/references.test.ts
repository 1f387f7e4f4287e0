import { graphql, type GraphQLSchema } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Injectable, GatewayContext, RequestContainer } from '../../src/access/request-container.js';
import { UserQueries } from '../../src/access/people/user.queries.js';
import { Viewer, type ViewerFacts } from '../../src/access/viewer.js';
import { DatacenterQueries } from '../../src/datacenters/datacenter.queries.js';
import { referenceResolvers } from '../../src/graphql/schema/reference-resolvers.js';
import { buildGatewaySchema } from '../../src/graphql/schema/schema.js';
import { ImageQueries } from '../../src/images/image.queries.js';
import type { SqlEntityManager } from '../../src/platform/database/database.js';
import { AppError } from '../../src/platform/errors.js';
import { RepositoryQueries } from '../../src/repositories/repository.queries.js';
import { TaskQueries } from '../../src/tasks/task.queries.js';
import { rowIds } from '../../src/platform/graphql/global-id.js';
import { NodeResolver } from '../../src/graphql/schema/node.resolver.js';
import { ServerQueries } from '../../src/virtual-servers/server.queries.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';
import { watchStatements } from '../support/statements.js';

const IMAGES = 300;
const SUPER: ViewerFacts = { userId: 1, username: 'admin', isSuperAdmin: true, currentDatacenterId: null, memberships: [] };
const PLAIN: ViewerFacts = { userId: 2, username: 'pat', isSuperAdmin: false, currentDatacenterId: null, memberships: [] };

let opened: TestedDatabase;
let schema: GraphQLSchema;
const statements: string[] = [];

/** Images with an odd number are PUBLIC, the others PRIVATE and owned by admin. */
async function fill(em: SqlEntityManager): Promise<void> {
  const run = async (statement: string): Promise<unknown> => em.getConnection().execute(statement, [], 'run');
  await run("insert into user_account (id, username, created_at) values (1, 'admin', 0), (2, 'pat', 0)");
  await run("insert into datacenter (id, name, alias, access, owner_id, created_at) values (1, 'main', 'main', 'PUBLIC', 1, 0), (2, 'dark', 'dark', 'PRIVATE', 1, 0)");
  const ids = Array.from({ length: IMAGES }, (_, at) => at + 1);
  const rows = ids.map((id) => `(${id}, 'u${id}', 'image-${id}', 'a${id}', 'a${id}', '1', '${id % 2 ? 'PUBLIC' : 'PRIVATE'}', 1, 1024, 'LINUX_VM', 'a', '{}', 0, 0)`);
  await run(`insert into image (id, uuid, name, alias, alias_key, version, access, owner_id, size_mib, os_type, search_text, manifest, created_at, updated_at) values ${rows.join(',')}`);
  await run(`insert into image_attachment (image_id, datacenter_id) values ${ids.map((id) => `(${id}, 1)`).join(',')}`);
  const servers = ids.map((id) => `('s${id}', 'host-${id}', 1, ${id % 2 ? 2 : 1}, 'LINUX_VM', '[]', '[]', 0)`);
  await run(`insert into virtual_server (uuid, hostname, datacenter_id, owner_id, os_type, tags, addresses, created_at) values ${servers.join(',')}`);
}

beforeAll(async () => {
  opened = await openMigratedDatabase();
  await fill(opened.database.em.fork());
  schema = await buildGatewaySchema({ referenceResolvers });
  watchStatements(opened.database, ({ sql }) => statements.push(sql));
});
afterAll(async () => opened?.close());
beforeEach(() => void (statements.length = 0));

/** The real queries of one request, in the name of that viewer. */
function contextOf(facts: ViewerFacts): GatewayContext {
  const [em, viewer] = [opened.database.em.fork(), new Viewer(facts)];
  const [datacenters, users] = [new DatacenterQueries(em, viewer), new UserQueries(em)];
  const parts = new Map<unknown, unknown>([
    [DatacenterQueries, datacenters],
    [UserQueries, users],
    [ImageQueries, new ImageQueries(em, viewer, datacenters)],
    [ServerQueries, new ServerQueries(em, viewer, new ImageQueries(em, viewer, new DatacenterQueries(em, viewer)))],
    [TaskQueries, new TaskQueries(em, viewer)],
    [RepositoryQueries, new RepositoryQueries(em, viewer)],
  ]);
  const get = <T>(part: Injectable<T>): T => parts.get(part) as T;
  const container = { em, viewer, isAnonymous: false, get } as unknown as RequestContainer;
  parts.set(NodeResolver, new NodeResolver(container));
  return { container, requestId: 'test' };
}

const QUERY = `query ($refs: [_Any!]!) {
  entities: _entities(representations: $refs) {
    __typename
    ... on Image { name } ... on VirtualServer { hostname } ... on Datacenter { alias } ... on User { username } ... on ImageRepository { url } ... on Task { status } ... on Viewer { id }
  }
}`;

async function refer(facts: ViewerFacts, refs: readonly unknown[]) {
  const { data, errors = [] } = await graphql({ schema, source: QUERY, variableValues: { refs }, contextValue: contextOf(facts) });
  const codes = errors.map(({ path, originalError }) => [path?.[1], originalError instanceof AppError ? originalError.code : originalError?.message]);
  return { entities: (data as { entities: (Record<string, unknown> | null)[] } | null)?.entities ?? [], codes };
}

function images(by: 'uuid' | 'name'): { __typename: string }[] {
  return Array.from({ length: IMAGES }, (_, at) => ({ __typename: 'Image', [by]: by === 'uuid' ? `U${at + 1}` : `image-${at + 1}` }));
}

const NODES = `query ($ids: [ID!]!, $other: ID!) { nodes(ids: $ids) { __typename id ... on Image { name } ... on VirtualServer { hostname } } other: node(id: $other) { id } }`;

const reading = (table: string) => statements.filter((one) => one.includes(`from ${table} `));

describe('references', () => {
  it('by either key, of one type, are read in one statement', async () => {
    const { entities, codes } = await refer(SUPER, [...images('uuid'), ...images('name')]);
    expect(codes).toEqual([]);
    expect(entities.map((one) => one?.name)).toEqual([...images('name'), ...images('name')].map((_, at) => `image-${(at % IMAGES) + 1}`));
    expect(reading('image i')).toHaveLength(1);
  });

  it('of several types are read in one statement each, whatever their number', async () => {
    const refs = Array.from({ length: 150 }, (_, at) => [
      { __typename: 'Image', uuid: `u${at + 1}` },
      { __typename: 'VirtualServer', [at % 2 ? 'uuid' : 'hostname']: at % 2 ? `s${at + 1}` : `host-${at + 1}` },
      { __typename: 'Datacenter', name: at % 2 ? 'main' : 'dark' },
      { __typename: 'User', username: 'pat' },
      { __typename: 'ImageRepository', name: 'none' },
      { __typename: 'Task', id: `t${at}` },
    ]).flat();
    const { entities, codes } = await refer(SUPER, refs);
    expect(codes).toEqual([]);
    expect(entities.slice(0, 6)).toEqual([
      { __typename: 'Image', name: 'image-1' },
      { __typename: 'VirtualServer', hostname: 'host-1' },
      { __typename: 'Datacenter', alias: 'dark' },
      { __typename: 'User', username: 'pat' },
      null,
      null,
    ]);
    for (const table of ['image i', 'virtual_server s', 'user_account u', 'image_repository r', 'task t']) {
      expect([table, reading(table).length]).toEqual([table, 1]);
    }
    // Kept in memory once they have been read.
    expect(reading('datacenter d').length).toBeLessThanOrEqual(1);
  });

  it('by id find what any other key finds, still in one statement', async () => {
    const refs = [
      { __typename: 'Image', id: rowIds('Image').encode(1) },
      { __typename: 'Image', name: 'image-1' },
      { __typename: 'Image', id: rowIds('Image').encode(2) },
      { __typename: 'Image', id: rowIds('Datacenter').encode(1) },
      { __typename: 'VirtualServer', id: rowIds('VirtualServer').encode(2) },
      { __typename: 'Datacenter', id: rowIds('Datacenter').encode(2) },
      { __typename: 'Datacenter', id: 'main' },
      { __typename: 'User', id: rowIds('User').encode(2) },
      { __typename: 'Viewer', id: rowIds('Viewer').encode(1) },
      { __typename: 'Viewer', id: rowIds('Viewer').encode(2) },
    ];
    const { entities, codes } = await refer(SUPER, refs);
    expect(codes).toEqual([]);
    expect(entities).toEqual([
      { __typename: 'Image', name: 'image-1' }, { __typename: 'Image', name: 'image-1' }, { __typename: 'Image', name: 'image-2' }, null,
      { __typename: 'VirtualServer', hostname: 'host-2' }, { __typename: 'Datacenter', alias: 'dark' }, null, { __typename: 'User', username: 'pat' },
      { __typename: 'Viewer', id: rowIds('Viewer').encode(1) }, null,
    ]);
    for (const table of ['image i', 'virtual_server s', 'user_account u']) expect([table, reading(table).length]).toEqual([table, 1]);
  });

  it('are null for what the caller may not see, as for what is not there', async () => {
    const { entities } = await refer(PLAIN, [...images('name').slice(0, 4), { __typename: 'Image', name: 'never-was' }, { __typename: 'Datacenter', name: 'dark' }, { __typename: 'VirtualServer', hostname: 'host-2' }]);
    expect(entities.map((one) => one?.name ?? null)).toEqual(['image-1', null, 'image-3', null, null, null, null]);
  });

  it('to accounts and repositories ask for the same permission as the queries, except for the caller', async () => {
    const { entities, codes } = await refer(PLAIN, [{ __typename: 'User', username: 'admin' }, { __typename: 'User', username: 'pat' }, { __typename: 'ImageRepository', name: 'x' }]);
    expect(entities).toEqual([null, { __typename: 'User', username: 'pat' }, null]);
    expect(codes).toEqual([[0, 'FORBIDDEN'], [2, 'FORBIDDEN']]);
  });

  it.each([
    ['no key', {}],
    ['a key that is no text', { name: 7 }],
    ['a key that is null', { uuid: null }],
    ['a key that is a list', { name: ['image-1'] }],
    ['a field that is no key', { alias: 'a1' }],
  ])('are refused in their own place alone: %s', async (_what, wrong) => {
    const good = { __typename: 'Image', name: 'image-1' };
    const { entities, codes } = await refer(SUPER, [good, { __typename: 'Image', ...wrong }, good]);
    expect(entities).toMatchObject([{ name: 'image-1' }, null, { name: 'image-1' }]);
    expect(codes).toEqual([[1, 'BAD_USER_INPUT']]);
  });

  it.each([['NUL', 'a\0b'], ['a lone surrogate', '\ud800'], ['100,000 characters', 'a'.repeat(100_000)], ['SQL', "' or 1 = 1 --"], ['nothing', '']])(
    'with a key of %s find nothing and spoil nothing',
    async (_what, name) => {
      const { entities, codes } = await refer(SUPER, [{ __typename: 'Image', name }, { __typename: 'Image', name: 'image-1' }]);
      expect([entities, codes]).toEqual([[null, { __typename: 'Image', name: 'image-1' }], []]);
    },
  );

  it('are looked up by their key; what else they bring along is not believed', async () => {
    const { entities } = await refer(PLAIN, [{ __typename: 'Image', uuid: 'u1', name: 'image-2', id: 2, inspectable: true, size: 1 }]);
    expect(entities).toEqual([{ __typename: 'Image', name: 'image-1' }]);
  });
});

describe('nodes', () => {
  it('of one type are read in one statement, in a list and alone', async () => {
    const ids = Array.from({ length: 50 }, (_, at) => [rowIds('Image').encode(at + 1), rowIds('VirtualServer').encode(at + 1)]).flat();
    const { data, errors } = await graphql({ schema, source: NODES, variableValues: { ids, other: rowIds('Image').encode(70) }, contextValue: contextOf(SUPER) });
    expect(errors).toBeUndefined();
    const { nodes, other } = data as unknown as { nodes: { __typename: string; id: string }[]; other: { id: string } };
    expect(nodes.slice(0, 2)).toEqual([{ __typename: 'Image', id: ids[0], name: 'image-1' }, { __typename: 'VirtualServer', id: ids[1], hostname: 'host-1' }]);
    expect([...nodes.map(({ id }) => id), other.id]).toEqual([...ids, rowIds('Image').encode(70)]);
    for (const table of ['image i', 'virtual_server s']) expect([table, reading(table).length]).toEqual([table, 1]);
  });
});
