import { readFile, writeFile } from 'node:fs/promises';
import { buildOrStop } from './build.js';
import { begin, built, pathOf, stop } from './project.js';

begin(`npm run schema [-- --check]: writes schema.graphql (the graph as clients see it) and schema.subgraph.graphql (what this subgraph
answers to _service) from the built schema; --check only compares, and fails on a difference.`);
await buildOrStop();
const { apiSdl, subgraphSdl } = await built('graphql/schema/schema.js');
const texts = { 'schema.graphql': await apiSdl(), 'schema.subgraph.graphql': await subgraphSdl() };
for (const [name, text] of Object.entries(texts)) {
  if (!process.argv.includes('--check')) await writeFile(pathOf(name), text);
  else if ((await readFile(pathOf(name), 'utf8').catch(() => '')) !== text) stop(`${name} is not what src/ builds; run "npm run schema".`);
}
