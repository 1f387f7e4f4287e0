import { readFile, writeFile } from 'node:fs/promises';
import { buildOrStop } from './build.js';
import { begin, built, pathOf, stop } from './project.js';

begin('npm run schema [-- --check]: writes schema.graphql from the built schema; --check only compares, and fails on a difference.');
await buildOrStop();
const { subgraphSdl } = await built('graphql/schema/schema.js');
const schema = await subgraphSdl();
const file = pathOf('schema.graphql');
if (!process.argv.includes('--check')) {
  await writeFile(file, schema);
} else if ((await readFile(file, 'utf8').catch(() => '')) !== schema) {
  stop('schema.graphql is not what src/ builds; run "npm run schema".');
}
