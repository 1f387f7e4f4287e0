<<<<<<< HEAD
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
=======
import { readdir } from 'node:fs/promises';
>>>>>>> 5b31127 (Try the caches of Apollo Client, urql and Relay as they are installed)
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
<<<<<<< HEAD
  const src = join(folder.path, 'src');
  const artifacts = join(src, 'generated');
  await mkdir(artifacts, { recursive: true });
  await writeFile(join(folder.path, 'schema.graphql'), projectFile('schema.graphql'));
  for (const [name, text] of Object.entries(modules)) await writeFile(join(src, `${name}.js`), text);
  const config = { src: './src', schema: './schema.graphql', language: 'javascript', artifactDirectory: './src/generated' };
  await writeFile(join(folder.path, 'relay.config.json'), JSON.stringify(config));
  await promisify(execFile)(process.execPath, [COMPILER, 'relay.config.json'], { cwd: folder.path });
  return (await readdir(artifacts)).toSorted();
=======
  return (await readdir(await compileForRelay(folder.path, modules))).toSorted();
>>>>>>> 5b31127 (Try the caches of Apollo Client, urql and Relay as they are installed)
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
