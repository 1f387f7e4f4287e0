import graphqlPlugin, { configs, parser } from '@graphql-eslint/eslint-plugin';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { ESLint, type Linter } from 'eslint';
import { getNamedType, type GraphQLField, type GraphQLInputField, isInputObjectType, isObjectType, parse, printSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { projectFile } from './sources.js';

/** Parts of others that have no identity of their own. */
const PARTS = [
  'DatacenterSettings',
  'GlobalSettings',
  'ImageActionVerdict',
  'DatacenterActionVerdict',
  'TaskCancelVerdict',
  'ImageChange',
  'ImageFile',
  'ImageServer',
  'MissingPermissions',
  'NamedUrl',
  'PageInfo',
  'VirtualDisk',
];

/** `username` is what people and other subgraphs call it; renaming it would break them for a rule of style. */
const KEPT = ['@graphql-eslint/no-typename-prefix: Field "username" starts with the name of the parent type "User"'];

const RULES = {
  ...configs['flat/schema-recommended'].rules,
  ...configs['flat/schema-relay'].rules,
  '@graphql-eslint/require-description': [
    'error',
    { types: true, rootField: true, DirectiveDefinition: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true },
  ],
  '@graphql-eslint/strict-id-in-types': [
    'error',
    {
      acceptedIdNames: ['id'],
      acceptedIdTypes: ['ID'],
      exceptions: { types: PARTS, suffixes: ['Connection', 'Edge', 'Payload'] },
    },
  ],
  // A tag is no edge.
  '@graphql-eslint/relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false }],
} as Linter.RulesRecord;

/** Findings of both presets, as `rule: message`. */
async function lint(sdl: string): Promise<string[]> {
  const schema = printSchema(buildSubgraphSchema([{ typeDefs: parse(sdl) }]));
  const config = {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': graphqlPlugin },
    languageOptions: { parser, parserOptions: { graphQLConfig: { schema } } },
    rules: RULES,
  } as unknown as Linter.Config;
  const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: config });
  const [result] = await eslint.lintText(sdl, { filePath: 'schema.graphql' });
  return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId}: ${message.split('\n')[0]}`);
}

describe('the schema lint', () => {
  it('finds nothing, by the recommended rules for schemas and by those of Relay', async () => {
    expect((await lint(projectFile('schema.graphql'))).filter((finding) => !KEPT.includes(finding))).toEqual([]);
  });

  it('would find a missing description, a bad name and a connection without its parts', async () => {
    const findings = await lint('"Q." type Query { get_it: ThingConnection } type ThingConnection { nodes: [Int] }');
    const rules = new Set(findings.map((finding) => finding.split(':')[0]?.replace('@graphql-eslint/', '')));
    for (const rule of ['require-description', 'naming-convention', 'relay-connection-types']) expect([...rules]).toContain(rule);
  });
});

describe('the descriptions', () => {
  const schema = buildSubgraphSchema([{ typeDefs: parse(projectFile('schema.graphql')) }]);
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.includes('__'));
  const fields = types
    .filter((type) => isObjectType(type) || isInputObjectType(type))
    .flatMap((type) => Object.values<GraphQLField<unknown, unknown> | GraphQLInputField>(type.getFields()).map((field) => ({ path: `${type.name}.${field.name}`, field })));

  it('of every mutation say who may and which errors there are', () => {
    const silent = fields.filter(({ path, field }) => path.startsWith('Mutation.') && !/Errors[:,] .*[A-Z]+_[A-Z]+|Needs the same permissions/.test(field.description ?? ''));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('of everything that is measured name its unit', () => {
    const measured = fields.filter(({ field }) => /size|bytes|seconds/i.test(field.name) && ['Int', 'ByteSize'].includes(getNamedType(field.type).name));
    expect(measured.length).toBeGreaterThan(6);
    expect(measured.filter(({ field }) => !/MiB|bytes|seconds/i.test(field.description ?? '')).map(({ path }) => path)).toEqual([]);
  });

  it('of what not everybody may see name the error that the others get', () => {
    const guarded = fields.filter(({ path, field }) => /^(Query|Image|Datacenter|User|Group)\./.test(path) && /\bNeeds [A-Z]|SuperAdmin only/.test(field.description ?? ''));
    expect(guarded.length).toBeGreaterThan(12);
    expect(guarded.filter(({ field }) => !/FORBIDDEN/.test(field.description ?? '')).map(({ path }) => path)).toEqual([]);
  });
});
