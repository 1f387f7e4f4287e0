import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compileForRelay, relayModule } from '../support/relay-compiler.js';
import { temporaryFolder } from '../support/temp-folder.js';

const NODES: Record<string, string> = {
  images: 'edges { node { uuid name owner { username } servers(first: 5) { edges { node { hostname } } } } }',
  usableImages: 'edges { node { name } }',
  datacenters: 'edges { node { name } }',
  tasks: 'edges { node { id status } }',
  servers: 'edges { node { hostname } }',
};

/** A page of every list at the root, as Relay pages forward and backward through it. */
function moduleOf(field: string, selection: string): string {
  const page = (direction: string, size: string, cursor: string): string => `
    fragment ${field}${direction} on Query
    @refetchable(queryName: "${field}${direction}PaginationQuery")
    @argumentDefinitions(size: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
      ${direction}: ${field}(${size}: $size, ${cursor}: $cursor) @connection(key: "${field}_${direction}") { ${selection} }
    }`;
  const query = `query ${field}Query { ...${field}Forward ...${field}Backward }`;
  const documents = [query, page('Forward', 'first', 'after'), page('Backward', 'last', 'before')];
  return relayModule(documents);
}

async function compile(modules: Record<string, string>): Promise<string[]> {
  await using folder = await temporaryFolder();
  return (await readdir(await compileForRelay(folder.path, modules))).toSorted();
}

describe('the Relay compiler', () => {
  it('accepts every list as a connection, forward, backward and nested', async () => {
    const modules = Object.fromEntries(Object.entries(NODES).map(([field, selection]) => [field, moduleOf(field, selection)]));
    const artifacts = await compile(modules);
    expect(artifacts).toContain('imagesForwardPaginationQuery.graphql.js');
    expect(artifacts).toHaveLength(Object.keys(NODES).length * 5);
  });

  it('would refuse a list that is no connection', async () => {
    await expect(compile({ images: moduleOf('images', 'nodes { name }') })).rejects.toThrow(/edges/);
  });
});
