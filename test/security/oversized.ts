import { getNamedType, type GraphQLArgument, type GraphQLField, type GraphQLInputType, type GraphQLSchema, isCompositeType, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import type { Operation } from '../support/transports.js';

/** How large the values of one operation are. */
export interface Sizes {
  text: number;
  items: number;
  depth: number;
  /** Whether values are written into the document, as far as its tokens reach. */
  isLiteral: boolean;
}

const UUID = '11111111-2222-4333-8444-555555555555';

function nested(depth: number): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function oversized(type: GraphQLInputType, sizes: Sizes, at: number): unknown {
  if (isNonNullType(type)) return oversized(type.ofType, sizes, at);
  // A list of long texts would not get through the limit of a body.
  if (isListType(type)) return Array.from({ length: sizes.items }, (_, index) => oversized(type.ofType, { ...sizes, text: 1, items: 3, depth: 2 }, index));
  if (isEnumType(type)) return type.getValues()[at % type.getValues().length]?.name;
  // An input within itself has a test of its own, in input-bounds.test.ts.
  if (isInputObjectType(type)) return Object.fromEntries(Object.values(type.getFields()).filter((field) => getNamedType(field.type) !== type).map((field) => [field.name, oversized(field.type, sizes, at)]));
  switch (type.name) {
    case 'Int':
    case 'ByteSize':
      return 1 + at;
    case 'Boolean':
      return true;
    case 'UUID':
      return UUID;
    case 'DateTime':
      return '2026-01-31T12:00:00Z';
    case 'HttpUrl':
      return `http://127.0.0.1:1/${at}`;
    case '_Any':
      return sizes.depth > 2 ? { __typename: 'Image', name: nested(sizes.depth) } : { __typename: 'Image', name: `x${at}` };
    default:
      return `${at}${'x'.repeat(sizes.text)}`;
  }
}

/** A value as GraphQL writes it; names of enums have no quotes. */
function written(value: unknown, type: GraphQLInputType): string {
  if (isNonNullType(type)) return written(value, type.ofType);
  if (isListType(type)) return `[${(value as unknown[]).map((one) => written(one, type.ofType)).join(' ')}]`;
  if (isEnumType(type)) return String(value);
  if (isInputObjectType(type)) {
    const fields = type.getFields();
    return `{${Object.entries(value as object).map(([name, one]) => `${name}: ${written(one, fields[name]!.type)}`).join(' ')}}`;
  }
  return JSON.stringify(value).replace(/"(\w+)":/g, '$1: ');
}

/** One field with each of its arguments too large, in a variable or as it stands. */
export function oversizedOperation(kind: string, field: GraphQLField<unknown, unknown>, sizes: Sizes): Operation {
  const given = field.args.filter(({ name }) => name !== 'last').map((argument: GraphQLArgument) => ({ argument, value: oversized(argument.type, sizes, 1) }));
  const declared = given.map(({ argument }) => `$${argument.name}: ${String(argument.type)}`).join(', ');
  const passed = given.map(({ argument, value }) => `${argument.name}: ${sizes.isLiteral ? written(value, argument.type) : `$${argument.name}`}`).join(', ');
  const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  const body = `{ ${field.name}${passed === '' ? '' : `(${passed})`}${selection} }`;
  if (sizes.isLiteral || declared === '') return { query: `${kind} ${body}` };
  return { query: `${kind} Q(${declared}) ${body}`, variables: Object.fromEntries(given.map(({ argument, value }) => [argument.name, value])) };
}

/** Fields of the roots, with the kind of their operation. */
export function rootFields(schema: GraphQLSchema): { kind: 'query' | 'mutation' | 'subscription'; field: GraphQLField<unknown, unknown> }[] {
  const roots = { query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() };
  return (['query', 'mutation', 'subscription'] as const).flatMap((kind) => Object.values(roots[kind]?.getFields() ?? {}).map((field) => ({ kind, field })));
}

/** Whether some text, list or value without a shape can be given. */
export function canBeOversized(type: GraphQLInputType): boolean {
  if (isNonNullType(type)) return canBeOversized(type.ofType);
  if (isListType(type)) return !isEnumType(getNamedType(type));
  if (isInputObjectType(type)) return Object.values(type.getFields()).some((field) => canBeOversized(field.type));
  return ['String', 'ID', '_Any'].includes(getNamedType(type).name);
}
