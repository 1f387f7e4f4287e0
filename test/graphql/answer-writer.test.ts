import { buildSchema, execute, getOperationAST, type GraphQLObjectType, type GraphQLSchema, parse } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DoorContext } from '../../src/graphql/admission/admission.js';
import { compileWriter } from '../../src/graphql/answer-writer.js';

const CONTEXT = { requestId: 'test' } as DoorContext;

let schema: GraphQLSchema;
let answer: unknown;

beforeAll(() => {
  schema = buildSchema(`
    enum Color { RED GREEN }
    interface Named { name: String! }
    type Part implements Named { name: String! weight: Int note: String }
    type Place implements Named { name: String! parts: [Part!]! }
    union Thing = Part | Place
    type Box { id: ID name: String! color: Color open: Boolean! ratio: Float tags: [String!]! parts: [Part] main: Part place: Place! seen(by: String = "me", times: Int): String lazy: String }
    type Query { box(name: String, size: Int = 3): Box things: [Thing]! boxes: [Box!]! }`);
  const fieldOf = (type: string, field: string) => (schema.getType(type) as GraphQLObjectType).getFields()[field];
  const resolve = (type: string, field: string, resolver: (...all: any[]) => unknown) => Object.assign(fieldOf(type, field) ?? {}, { resolve: resolver }); // oxlint-disable-line typescript/no-explicit-any -- as graphql-js has it
  resolve('Query', 'box', () => answer);
  resolve('Query', 'boxes', async () => answer);
  resolve('Query', 'things', async () => answer);
  resolve('Box', 'seen', async (box, args) => `${box.name} ${JSON.stringify(args)}`);
  resolve('Box', 'lazy', (_box, _args, _context, info) => `${info.fieldName} ${info.path.key} ${info.path.prev?.key} ${JSON.stringify(info.variableValues)}`);
});

const PART = { name: 'lid', weight: 7, note: null };
const BOX = { id: 'b1', name: 'box', color: 'RED', open: true, ratio: 0.5, tags: ['a', 'b'], parts: [PART, null], main: null, place: { name: 'here', parts: [PART] } };
const ALL = 'id name color open ratio tags parts { name weight note } main { name } place { name parts { name } }';

async function bothAnswers(query: string, value: unknown, variables: Record<string, unknown> = {}): Promise<[written: string | null, executed: string | null]> {
  answer = value;
  const document = parse(query);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('No operation.');
  const write = compileWriter(schema, document, operation);
  const written = write === null ? null : await write(CONTEXT, variables).catch(() => null);
  const { data, errors } = await execute({ schema, document, contextValue: CONTEXT, variableValues: variables });
  return [written, errors === undefined ? JSON.stringify(data) : null];
}

describe('an answer that is written', () => {
  it.each([
    ['plain properties', `{ box { ${ALL} } }`, BOX],
    ['nothing', `{ box { ${ALL} } }`, null],
    ['names of its own, twice the same field, and the type', '{ a: box { x: name name __typename } b: box { place { name } place { parts { n: name } } } }', BOX],
    ['fragments on the type and on what it implements', '{ box { ...B place { ... on Named { name } ... on Place { parts { ...P } } } } } fragment B on Box { name } fragment P on Named { __typename name }', BOX],
    ['a resolver beside properties', '{ box { seen other: seen(by: "you", times: 2) lazy name } }', BOX],
    ['a union', '{ things { __typename ... on Part { weight } ... on Place { name } } }', [{ ...PART, __typename: 'Part' }, null, { ...BOX.place, __typename: 'Place' }]],
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
    ['variables', '"v"', { name: 'v', size: 1 }],
    ['a variable that is left out', 'nothing', { name: 'v' }],
  ])('gives arguments as graphql-js does: %s', async (_name, _shown, variables) => {
    const query = 'query ($name: String, $times: Int) { box(name: $name) { seen(by: $name, times: $times) } }';
    const [written, executed] = await bothAnswers(query, BOX, variables);
    expect(written).toBe(executed);
  });
});

describe('what is no plain answer', () => {
  it.each([
    ['null where there must be a value', { ...BOX, name: null }],
    ['a property that is missing', { ...BOX, open: undefined }],
    ['a text where a number is due', { ...BOX, parts: [{ ...PART, weight: 'seven' }] }],
    ['a number that is no Int', { ...BOX, parts: [{ ...PART, weight: 2 ** 31 }] }],
    ['a value that the enum has not', { ...BOX, color: 'BLUE' }],
    ['an error in a list', { ...BOX, parts: [new Error('no')] }],
    ['an error in its place', new Error('no')],
  ])('is left to graphql-js: %s', async (_name, value) => {
    const [written, executed] = await bothAnswers(`{ box { ${ALL} } }`, value);
    expect(written).toBeNull();
    expect(executed).toBeNull();
  });

  it.each([
    ['a promise', { ...BOX, main: Promise.resolve(PART) }],
    ['a promise in a list', { ...BOX, parts: [Promise.resolve(PART)] }],
    ['a function', { ...BOX, name: () => 'made' }],
    ['an iterable', { ...BOX, tags: new Set(['a']) }],
  ])('is left to graphql-js, which knows better: %s', async (_name, value) => {
    const [written, executed] = await bothAnswers(`{ box { ${ALL} } }`, value);
    expect(written).toBeNull();
    expect(executed).not.toBeNull();
  });

  it('is a union that does not say what it is', async () => {
    const [written] = await bothAnswers('{ things { ... on Part { name } } }', [PART]);
    expect(written).toBeNull();
  });

  it('is a list whose objects have resolvers: it is not compiled', async () => {
    answer = [BOX];
    const document = parse('{ boxes { seen } }');
    const operation = getOperationAST(document);
    expect(operation && compileWriter(schema, document, operation)).toBeNull();
  });
});
