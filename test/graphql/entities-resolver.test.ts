import { graphql, type GraphQLEnumType, type GraphQLScalarType, type GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveEach } from '../../src/graphql/schema/entities-resolver.js';
import { buildGatewaySchema } from '../../src/graphql/schema/schema.js';
import { notFound } from '../../src/platform/errors.js';
import { TASK_IDS } from '../../src/tasks/task.type.js';

interface Reference {
  __typename: string;
  [key: string]: unknown;
}

const QUERY = `query ($refs: [_Any!]!) {
  entities: _entities(representations: $refs) { ... on Datacenter { name access isDefault createdAt } ... on Task { id bytesDone detail status } }
}`;

const TASK = '00000000-0000-4000-8000-000000000007';
const CREATED = new Date('2026-01-31T12:00:00Z');

let schema: GraphQLSchema;

beforeAll(async () => {
  schema = await buildGatewaySchema({
    referenceResolvers: {
      Datacenter: resolveEach(async ({ name }) => {
        if (name === 'broken') throw notFound('datacenter', 'broken');
        return name === 'main' ? { name, access: 'PUBLIC', isDefault: true, createdAt: CREATED } : null;
      }),
      Task: resolveEach(async ({ id }) => ({ id, bytesDone: 2 ** 40, detail: { a: [1] }, status: 'RUNNING' })),
    },
  });
});

async function refer(...refs: unknown[]) {
  const { data, errors = [] } = await graphql({ schema, source: QUERY, variableValues: { refs } });
  const codes = errors.map(({ path, originalError }) => [path?.at(-1), (originalError as { code?: string } | undefined)?.code]);
  return { entities: (data as { entities: unknown[] } | null)?.entities ?? null, codes };
}

function main(): Reference {
  return { __typename: 'Datacenter', name: 'main' };
}

describe('a reference of a federation gateway', () => {
  it('becomes the object that the subgraph itself would show, of whatever type, in order', async () => {
    const { entities, codes } = await refer({ __typename: 'Task', id: TASK }, main());
    expect(codes).toEqual([]);
    expect(entities).toEqual([
      { id: TASK_IDS.encode(TASK), bytesDone: 2 ** 40, detail: { a: [1] }, status: 'RUNNING' },
      { name: 'main', access: 'PUBLIC', isDefault: true, createdAt: '2026-01-31T12:00:00.000Z' },
    ]);
  });

  it('is null for what is not there, and never the reference itself', async () => {
    expect(await refer({ ...main(), name: 'other', access: 'PUBLIC' })).toEqual({ entities: [null], codes: [] });
  });

  it('cannot put fields into the object by bringing them along', async () => {
    const { entities } = await refer({ ...main(), access: 'PRIVATE', createdAt: '1999-01-01T00:00:00Z' });
    expect(entities).toMatchObject([{ access: 'PUBLIC', createdAt: '2026-01-31T12:00:00.000Z' }]);
  });

  it.each([
    ['an unknown type', { __typename: 'Planet', name: 'main' }],
    ['a type without a key', { __typename: 'Group', name: 'main' }],
    ['a root type', { __typename: 'Query' }],
    ['a name that every object inherits', { __typename: 'constructor' }],
    ['no type', { name: 'main' }],
    ['a type that is no text', { __typename: 7 }],
    ['no object', 'Datacenter'],
    ['a list', [main()]],
  ])('is refused in its own place only: %s', async (_what, wrong) => {
    const { entities, codes } = await refer(main(), wrong, main());
    expect(entities).toMatchObject([{ name: 'main' }, null, { name: 'main' }]);
    expect(codes).toEqual([[1, 'BAD_USER_INPUT']]);
  });

  it('fails alone when its object cannot be read', async () => {
    const { entities, codes } = await refer({ ...main(), name: 'broken' }, main());
    expect(entities).toMatchObject([null, { name: 'main' }]);
    expect(codes).toEqual([[0, 'NOT_FOUND']]);
  });

  it('comes with as many others as a router sends, and the same one as often as it is asked for', async () => {
    expect((await refer(...Array.from({ length: 1000 }, main))).entities).toHaveLength(1000);
  });
});

describe('the subgraph', () => {
  it('keeps what a scalar does and says of itself', () => {
    const dateTime = schema.getType('DateTime') as GraphQLScalarType;
    expect(dateTime.serialize(CREATED.getTime())).toBe('2026-01-31T12:00:00.000Z');
    expect(dateTime.specifiedByURL).toMatch(/rfc3339/);
    expect(() => (schema.getType('HttpUrl') as GraphQLScalarType).parseValue('ftp://a/')).toThrow(/absolute http/);
  });

  it('keeps the values of enums, and their descriptions', () => {
    const access = schema.getType('ImageAccess') as GraphQLEnumType;
    expect(access.getValues().map(({ name, value }) => [name, value])).toEqual([['DELETED', 'DELETED'], ['PRIVATE', 'PRIVATE'], ['PUBLIC', 'PUBLIC']]);
    expect(access.getValue('PUBLIC')?.description).toBeTruthy();
  });

  it('keeps the streams of subscriptions', () => {
    const fields = schema.getSubscriptionType()?.getFields() ?? {};
    expect(Object.values(fields).map(({ name, subscribe }) => [name, typeof subscribe])).toEqual([
      ['imageChanged', 'function'],
      ['imageRepositoryChanged', 'function'],
      ['taskChanged', 'function'],
    ]);
  });
});
