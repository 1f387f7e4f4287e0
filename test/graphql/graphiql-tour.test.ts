import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { buildSchema, getVariableValues, Kind, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'graphiql/tour');
const steps = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.graphql')).toSorted();

async function publishedSchema(): Promise<GraphQLSchema> {
  const path = join(root, 'schema.subgraph.graphql');
  if (!existsSync(path)) throw new Error(`There is no ${path}; write it with the "schema" script before this test can check the tour.`);
  return buildSchema(await readFile(path, 'utf8'), { assumeValidSDL: true });
}

async function variablesOf(step: string): Promise<Record<string, unknown>> {
  const path = join(folder, step.replace('.graphql', '.variables.json'));
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>) : {};
}

describe('the tour of GraphiQL', () => {
  it('has its steps in the order of a first visit', () => {
    expect(steps.filter((step) => step.startsWith('operator/')).map((step) => step.slice('operator/'.length))).toEqual([
      '01-who-am-i.graphql',
      '02-load.graphql',
      '03-browse.graphql',
      '04-import.graphql',
      '05-watch.graphql',
      '06-list.graphql',
      '07-attach.graphql',
      '08-limit.graphql',
    ]);
  });

  it('has one for each kind of caller, with a live subscription where there is something to follow', async () => {
    expect(new Set(steps.map((step) => step.split('/')[0]))).toEqual(new Set(['dc-admin', 'image-admin', 'importer', 'operator', 'platform', 'user']));
    const texts = await Promise.all(steps.map(async (step) => [step.split('/')[0], await readFile(join(folder, step), 'utf8')]));
    const live = new Set(texts.filter(([, text]) => /^subscription/m.test(text ?? '')).map(([tour]) => tour));
    expect(live).toEqual(new Set(['dc-admin', 'importer', 'operator', 'platform', 'user']));
  });

  it.each(steps)('%s says in its first line what it shows', async (step) => {
    expect(await readFile(join(folder, step), 'utf8')).toMatch(/^# [A-Z][^\n]{1,46}\.\n(query|mutation|subscription) [A-Z]/);
  });

  it.each(steps)('%s and its variables fit the published schema', async (step) => {
    const schema = await publishedSchema();
    const document = parse(await readFile(join(folder, step), 'utf8'));
    expect(validate(schema, document).map((error) => error.message)).toEqual([]);
    const operation = document.definitions.find((node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION);
    const checked = getVariableValues(schema, operation?.variableDefinitions ?? [], await variablesOf(step));
    expect(checked.errors?.map((error) => error.message) ?? []).toEqual([]);
  });
});
