import { buildSchema, getNamedType, getNullableType, isEnumType, isListType, isScalarType } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { InputValidator } from '../../src/graphql/admission/input/input-validator.js';
import { boundsOf, EXCEPTION_NAMES, inputPositions, inputKindOf, type InputPosition } from '../../src/graphql/schema/input-bounds.js';
import { SizeValidators } from '../../src/graphql/admission/input/size-validators.js';
import { dedupeInputLists } from '../../src/graphql/schema/dedupe-input-lists.js';
import { buildGatewaySchema } from '../../src/graphql/schema/schema.js';
import type { FieldError } from '../../src/platform/errors.js';

let positions: InputPosition[];
beforeAll(async () => {
  positions = [...inputPositions(await buildGatewaySchema({ referenceResolvers: {} }))];
});

function faultsOf({ coordinate, element }: InputPosition, value: unknown): FieldError[] {
  const faults: FieldError[] = [];
  new SizeValidators().of(coordinate, element)?.(value, null, faults);
  return faults;
}

const isList = ({ element }: InputPosition): boolean => isListType(getNullableType(element.type));
const kind = ({ element }: InputPosition): string => inputKindOf(getNamedType(element.type));
const named = (found: readonly InputPosition[]): string[] => found.map(({ coordinate }) => coordinate);

describe('every place where a caller gives a value', () => {
  it('is known', () => {
    expect(positions.length).toBeGreaterThan(150);
    expect(named(positions)).toEqual(expect.arrayContaining(['ImageFilter.tags', 'Query._entities(representations:)', 'Subscription.taskChanged(id:)']));
  });

  it('refuses a list beyond its bound, which is 1,000 at most', () => {
    const many = Array.from({ length: 1001 }, (_, at) => `${at}`);
    expect(named(positions.filter((one) => isList(one) && faultsOf(one, many)[0]?.code !== 'TOO_MANY'))).toEqual([]);
  });

  it('refuses a text beyond its bound, alone and in a list', () => {
    const texts = positions.filter((one) => kind(one) === 'string' || kind(one) === 'json');
    const long = 'x'.repeat(8193);
    expect(texts.length).toBeGreaterThan(80);
    expect(named(texts.filter((one) => faultsOf(one, isList(one) ? ['short', long] : long)[0]?.code !== 'TOO_LONG'))).toEqual([]);
  });

  it('else is of a type whose parser refuses long values', () => {
    const types = new Set(positions.filter((one) => kind(one) === 'short').map(({ element }) => getNamedType(element.type)));
    const accepting = [...types].filter((type) => {
      try {
        if (isScalarType(type) || isEnumType(type)) type.parseValue('1'.repeat(10_000));
        return true;
      } catch {
        return false;
      }
    });
    expect(types.size).toBeGreaterThan(5);
    expect(accepting.map(({ name }) => name)).toEqual([]);
  });

  it('says of a list how long it may be', () => {
    const silent = positions.filter((one) => isList(one) && !isEnumType(getNamedType(one.element.type)) && !/\bat most \d/i.test(one.element.description ?? ''));
    // What federation adds has no descriptions.
    expect(named(silent)).toEqual(['Query._entities(representations:)']);
  });
});

describe('the exceptions', () => {
  it('are of the graph as it is', () => {
    const known = new Set(positions.flatMap(({ coordinate, element }) => [coordinate, element.name]));
    expect(EXCEPTION_NAMES.filter((one) => !known.has(one))).toEqual([]);
  });

  it('hold for a name everywhere, and for a coordinate there', () => {
    const tags = positions.filter(({ element }) => element.name === 'tags');
    expect(tags.map(({ coordinate, element }) => boundsOf(coordinate, element).items)).toEqual(tags.map(() => 32));
    expect(tags.filter(({ coordinate, element }) => boundsOf(coordinate, element).duplicates === 'removed').map(({ coordinate }) => coordinate)).toEqual(['ImageFilter.tags']);
  });
});

describe('a graph that forgets a bound', () => {
  it('is none: a scalar that nobody has thought about ends the start', () => {
    expect(() => new InputValidator(buildSchema('scalar Blob type Query { get(blob: [Blob!]): Int }'))).toThrow(/Blob/);
  });
});

describe('lists that resolvers get', () => {
  const schema = dedupeInputLists(buildSchema('input Filter { names: [String], addresses: [String], next: Filter } type Query { get(filter: Filter, ids: [Int!], all: [Filter!]): Int }'));
  const field = schema.getQueryType()!.getFields()['get']!;
  const resolve = field.resolve!;

  it('have each item once, in the order in which they first came, whole input types down', () => {
    const given = { filter: { names: ['b', 'a', 'b'], next: { names: ['x', 'x'], addresses: ['y', 'y'] } }, ids: [2, 1, 2], all: [{ names: ['c', 'c'] }, { names: ['c', 'c'] }] };
    const before = structuredClone(given);
    const got = resolve({ get: (args: unknown) => args }, given, {}, { fieldName: 'get' } as never);
    expect(got).toEqual({ filter: { names: ['b', 'a'], next: { names: ['x'], addresses: ['y', 'y'] } }, ids: [2, 1], all: [{ names: ['c'] }, { names: ['c'] }] });
    expect(given).toEqual(before);
  });

  it('are the same objects where nothing is to be taken away', () => {
    const given = { filter: { names: ['b', 'a'] }, ids: [1] };
    expect(resolve({ get: (args: unknown) => args }, given, {}, { fieldName: 'get' } as never)).toBe(given);
  });
});
