import { buildSchema, graphql, type GraphQLSchema, isObjectType, parse, print, validateSchema } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { NODE_FINDERS } from '../../src/graphql/schema/node-finders.js';
import { apiSdl, buildGatewaySchema, subgraphSdl } from '../../src/graphql/schema/schema.js';
import { differences, members, undescribed } from './compare-sdl.js';
import { projectFile } from './sources.js';

const KEYS: Record<string, string[]> = {
  Datacenter: ['id', 'name'],
  Group: ['id'],
  Image: ['id', 'name', 'uuid'],
  ImageRepository: ['id', 'name'],
  RepositoryImage: ['id'],
  Snapshot: ['id'],
  Task: ['id'],
  User: ['id', 'username'],
  Viewer: ['id'],
  VirtualServer: ['hostname', 'id', 'uuid'],
};

let sdl: string;
let subgraph: string;
let schema: GraphQLSchema;

beforeAll(async () => {
  sdl = await apiSdl();
  subgraph = await subgraphSdl();
  schema = await buildGatewaySchema({ referenceResolvers: {} });
});

async function servedSdl(): Promise<string> {
  const { data, errors } = await graphql({ schema, source: '{ service: _service { sdl } }' });
  expect(errors).toBeUndefined();
  return (data as { service: { sdl: string } }).service.sdl;
}

function directivesOf(name: string): Map<string, string[]> {
  const type = parse(subgraph).definitions.find((one) => one.kind === 'ObjectTypeDefinition' && one.name.value === name);
  const applied = type?.kind === 'ObjectTypeDefinition' ? (type.directives ?? []) : [];
  const fields = (key: string) =>
    applied
      .filter((one) => one.name.value === key)
      .flatMap((one) => (one.arguments ?? []).map(({ value }) => (value.kind === 'StringValue' ? value.value : print(value))));
  return new Map(applied.map(({ name: { value } }) => [value, fields(value).sort()]));
}

describe('the schema', () => {
  it('has all of the contract: names, types, nullability and defaults', () => {
    expect(differences(projectFile('test/fixtures/contract.graphql'), sdl)).toEqual([]);
  });

  it('describes every type, field, argument, input field and enum value', () => {
    expect(undescribed(sdl)).toEqual([]);
  });

  it('is what schema.graphql says; after a wanted change run "npm run schema"', () => {
    expect(projectFile('schema.graphql')).toBe(sdl);
  });

  it('reaches gateways as schema.subgraph.graphql says', async () => {
    expect(projectFile('schema.subgraph.graphql')).toBe(subgraph);
    expect(await servedSdl()).toBe(subgraph);
  });

  it('is a schema by itself for the tools of clients, without a directive that GraphQL does not define', () => {
    expect(validateSchema(buildSchema(projectFile('schema.graphql')))).toEqual([]);
  });

  it('keeps nothing of it from gateways, and adds only what federation asks for', async () => {
    const served = await servedSdl();
    expect(differences(sdl, served)).toEqual([]);
    const own = members(sdl);
    const added = [...members(served).keys()].filter((name) => !own.has(name) && !/^(link|federation)__/.test(name));
    const wanted = ['Query._entities', 'Query._entities(representations)', 'Query._service', '_Any', '_Entity', '_Service', '_Service.sdl'];
    expect(added.sort()).toEqual(wanted);
  });

  it('keys the types that other subgraphs may refer to, and no others', () => {
    const types = parse(subgraph).definitions.flatMap((one) => (one.kind === 'ObjectTypeDefinition' ? [one.name.value] : []));
    const keyed = types.filter((name) => directivesOf(name).has('key'));
    expect(Object.fromEntries(keyed.map((name) => [name, directivesOf(name).get('key')]))).toEqual(KEYS);
  });

  it('keys every type that implements Node by its id', () => {
    const nodes = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'));
    expect(nodes.map(({ name }) => name).sort()).toEqual(Object.keys(NODE_FINDERS).sort());
    expect(nodes.filter(({ name }) => !directivesOf(name).get('key')?.includes('id'))).toEqual([]);
  });

  it('lets other subgraphs have a PageInfo of their own', () => {
    expect(directivesOf('PageInfo').has('shareable')).toBe(true);
  });

  it('would notice a missing field, another type, a lost default and a lost enum value', () => {
    const before = 'type Query { a(x: Int = 1): Int! b: E c: Int } enum E { ONE TWO } scalar S';
    const after = 'type Query { a(x: Int = 2): Int b: E } enum E { ONE }';
    expect(differences(before, after).map((one) => one.split(':')[0])).toEqual(['Query.a', 'Query.a(x)', 'Query.c', 'E.TWO', 'S']);
  });
});
