import { buildSchema, getOperationAST, parse } from 'graphql';
import { expect, it } from 'vitest';
import { definedVariables, streamKey } from '../../src/graphql/pipeline/stream-key.js';

const schema = buildSchema(`
  input Filter { name: String, size: Int = 1, tags: [String!] }
  type Image { name: String, servers(filter: Filter, first: Int): Int }
  type Query { image: Image }
  type Subscription { imageChanged(image: String, filter: Filter): Image }
`);

function keyOf(text: string, variableValues: Record<string, unknown> = {}, operationName?: string): string | null {
  return streamKey({ schema, document: parse(text), variableValues, operationName }, 'Bearer one');
}

const PLAIN = 'subscription ($image: String = "debian") { imageChanged(image: $image) { name } }';

it('is the same for what is asked in other words', () => {
  const key = keyOf(PLAIN);
  expect(keyOf(PLAIN, { image: 'debian' })).toBe(key);
  expect(keyOf(PLAIN, { image: 'debian', other: 1, __proto__: 2, constructor: 3 })).toBe(key);
  expect(keyOf(`# a comment\n${PLAIN.replaceAll(' ', ',\n ')}`)).toBe(key);
  expect(keyOf(PLAIN.replace('subscription', 'subscription Named'), {}, 'Named')).toBe(key);
  expect(keyOf(`query Other { image { name } } ${PLAIN.replace('subscription', 'subscription Named')}`, {}, 'Named')).toBe(key);
});

it('does not depend on the order of fragments or of the keys of an input', () => {
  const text = 'subscription ($f: Filter) { imageChanged(filter: $f) { ...A ...B } }';
  const [a, b, unused] = ['fragment A on Image { name }', 'fragment B on Image { servers(filter: $f) }', 'fragment C on Image { ...A }'];
  const key = keyOf(`${text} ${a} ${b}`, { f: { name: 'x', tags: ['a', 'b'] } });
  expect(keyOf(`${b} ${unused} ${text} ${a}`, { f: { size: 1, tags: ['a', 'b'], name: 'x' } })).toBe(key);
  expect(keyOf(`${text} ${a} ${b}`, { f: { name: 'x', tags: ['b', 'a'] } })).not.toBe(key);
});

it('is another one for another caller, value, alias, directive or fragment', () => {
  const others = [
    keyOf(PLAIN, { image: 'other' }),
    keyOf(PLAIN, { image: null }),
    keyOf(PLAIN.replace('{ name }', '{ alias: name }')),
    keyOf(PLAIN.replace('{ name }', '{ name @include(if: true) }')),
    keyOf('subscription ($image: String = "debian") { imageChanged(image: $image) { ...A } } fragment A on Image { name }'),
    keyOf('subscription ($image: String = "debian") { imageChanged(image: $image) { ...A } } fragment A on Image { n: name }'),
    streamKey({ schema, document: parse(PLAIN) }, 'Bearer two'),
    streamKey({ schema, document: parse(PLAIN) }, undefined),
  ];
  expect(new Set([keyOf(PLAIN), ...others]).size).toBe(others.length + 1);
});

it('is short, however long the values are, and none for variables that are no good', () => {
  expect(keyOf(PLAIN, { image: 'x'.repeat(200_000) })?.length).toBe(44);
  expect(keyOf(PLAIN, { image: 1 })).toBeNull();
});

it('variables that the operation does not define are left out, by whatever name', () => {
  const operation = getOperationAST(parse('subscription ($image: String, $constructor: String) { imageChanged(image: $image) { name } }'));
  const given = JSON.parse('{"image":"a","__proto__":{"x":1},"toString":1,"other":2}') as Record<string, unknown>;
  expect(operation && Object.entries(definedVariables(operation, given))).toEqual([['image', 'a']]);
});
