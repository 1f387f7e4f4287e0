import { buildSchema, execute, getOperationAST, type GraphQLObjectType, type GraphQLScalarType, type GraphQLSchema, parse } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OperationContext } from '../../src/graphql/admission/admission.js';
import { coerceVariables } from '../../src/graphql/admission/input/coerce-variables.js';
import { compileQuery, withoutArguments } from '../../src/graphql/compiled/compile-query.js';


let schema: GraphQLSchema;
let answer: unknown;

beforeAll(() => {
  schema = buildSchema(`
    enum Color { RED GREEN }
    interface Named { name: String! }
    type Part implements Named { name: String! weight: Int note: String }
    type Place implements Named { name: String! parts: [Part!]! }
    union Thing = Part | Place
    type Box { id: ID name: String! color: Color open: Boolean! ratio: Float tags: [String!]! parts: [Part] main: Part place: Place! seen(by: String = "me", times: Int): String lazy: String certain(sure: Boolean! = false): String on(day: Day = "1999-09-09", days: [Day]): String }
    scalar Day
    type Query { box(name: String, size: Int = 3): Box things: [Thing]! boxes: [Box!]! }`);
  const fieldOf = (type: string, field: string) => (schema.getType(type) as GraphQLObjectType).getFields()[field];
  const resolve = (type: string, field: string, resolver: (...all: any[]) => unknown) => Object.assign(fieldOf(type, field) ?? {}, { resolve: resolver }); // oxlint-disable-line typescript/no-explicit-any -- as graphql-js has it
  const day = schema.getType('Day') as GraphQLScalarType;
  day.parseValue = (value) => new Date(String(value));
  day.parseLiteral = (node) => new Date('value' in node ? String(node.value) : '');
  resolve('Box', 'certain', (_box, { sure }) => String(sure));
  resolve('Box', 'on', (_box, { day: one, days }) => `${one instanceof Date ? one.toISOString() : one} ${JSON.stringify(days?.map((each: unknown) => (each instanceof Date ? each.getTime() : each)))}`);
  resolve('Query', 'box', () => answer);
  resolve('Query', 'boxes', async () => answer);
  resolve('Query', 'things', async () => answer);
  resolve('Box', 'seen', async (box, args) => `${box.name} ${JSON.stringify(args)}`);
  resolve('Box', 'lazy', (_box, _args, _context, info) => `${info.fieldName} ${info.path.key} ${info.path.prev?.key} ${info.parentType.name}`);
});

const PART = { name: 'lid', weight: 7, note: null };
const BOX = { id: 'b1', name: 'box', color: 'RED', open: true, ratio: 0.5, tags: ['a', 'b'], parts: [PART, null], main: null, place: { name: 'here', parts: [PART] } };
const ALL = 'id name color open ratio tags parts { name weight note } main { name } place { name parts { name } }';

async function bothAnswers(query: string, value: unknown, variables: Record<string, unknown> = {}): Promise<[written: string | null, executed: string | null]> {
  answer = value;
  const document = parse(query);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('No operation.');
  const { values } = coerceVariables(schema, { document, operation, given: variables });
  const context = { requestId: 'test', variables: values ?? {} } as OperationContext;
  const compiled = compileQuery(withoutArguments(schema), document, operation);
  const written = (await compiled?.execute(context).catch(() => null)) ?? null;
  const { data, errors } = await execute({ schema, document, contextValue: context, variableValues: variables });
  return [written === null ? null : JSON.stringify(written), errors === undefined ? JSON.stringify(data) : null];
}

describe('an answer of compiled code', () => {
  it.each([
    ['plain properties', `{ box { ${ALL} } }`, BOX],
    ['nothing', `{ box { ${ALL} } }`, null],
    ['names of its own, twice the same field, and the type', '{ a: box { x: name name __typename } b: box { place { name } place { parts { n: name } } } }', BOX],
    ['fragments on the type and on what it implements', '{ box { ...B place { ... on Named { name } ... on Place { parts { ...P } } } } } fragment B on Box { name } fragment P on Named { __typename name }', BOX],
    ['a resolver beside properties', '{ box { seen other: seen(by: "you", times: 2) lazy name } }', BOX],
    ['a union', '{ things { __typename ... on Part { weight } ... on Place { name } } }', [{ ...PART, __typename: 'Part' }, null, { ...BOX.place, __typename: 'Place' }]],
    ['resolvers within a list', '{ boxes { name seen(by: "list") } }', [BOX, { ...BOX, name: 'other' }]],
    ['a list', '{ boxes { name open } }', [BOX, { ...BOX, open: false }]],
    ['an empty list', '{ boxes { name } }', []],
  ])('is the same as graphql-js makes it: %s', async (_name, query, value) => {
    const [written, executed] = await bothAnswers(query, value);
    expect(written).not.toBeNull();
    expect(written).toBe(executed);
  });

  it.each(['', 'plain', '"quoted"', 'back\\slash', 'tab\tand\nline', '\u0000\u001f\u007f', 'é ü 漢', '😀', '\ud83d', '\ude00 alone', '\u2028', '</script>', '{"json":1}', '__proto__'])('escapes what JSON asks for: %j', async (text) => {
    const [written, executed] = await bothAnswers('{ box { name tags } }', { ...BOX, name: text, tags: [text, text] });
    expect(written).toBe(executed);
    expect(JSON.parse(written ?? 'null')).toEqual({ box: { name: text, tags: [text, text] } });
  });

  it.each([
    ['variables', { name: 'v', times: 1 }],
    ['a variable that is left out, and the default of the argument holds', {}],
    ['null in place of a default', { name: null, times: null }],
    ['a variable that nobody defined', { name: 'v', by: 'another argument' }],
    ['names that objects inherit', { constructor: 'x', toString: 'y', hasOwnProperty: 'z' }],
  ])('gives arguments as graphql-js does: %s', async (_name, variables) => {
    const query = 'query ($name: String, $times: Int) { box(name: $name) { seen(by: $name, times: $times) } }';
    const [written, executed] = await bothAnswers(query, BOX, variables);
    expect(written).toBe(executed);
  });
});

describe('what graphql-js has to answer', () => {
  it.each([
    ['null where there must be a value', { ...BOX, name: null }],
    ['a property that is missing', { ...BOX, open: undefined }],
    ['an error in a list', { ...BOX, parts: [new Error('no')] }],
    ['an error in its place', new Error('no')],
  ])('is left to it: %s', async (_name, value) => {
    const [compiled, executed] = await bothAnswers(`{ box { ${ALL} } }`, value);
    expect(compiled).toBeNull();
    expect(executed).toBeNull();
  });

  it('is an argument that must not be null', async () => {
    const query = 'query ($sure: Boolean) { box { certain(sure: $sure) } }';
    expect(await bothAnswers(query, BOX, { sure: null })).toEqual([null, null]);
    expect(await bothAnswers(query, BOX, { sure: true })).toEqual(['{"box":{"certain":"true"}}', '{"box":{"certain":"true"}}']);
  });
});

describe('values of custom scalars', () => {
  it.each([{}, { at: '2020-01-01' }, { at: null }])('reach resolvers as the scalar parses them, by default, literal and variable: %j', async (variables) => {
    const query = 'query ($at: Day = "2001-02-03") { box { a: on(day: $at) b: on(day: "2002-03-04") c: on(days: [$at, "2003-04-05"]) d: on } }';
    const [compiled, executed] = await bothAnswers(query, BOX, variables);
    expect(compiled).not.toBeNull();
    expect(compiled).toBe(executed);
  });
});
