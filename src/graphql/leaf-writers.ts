import { GraphQLBoolean, type GraphQLEnumType, GraphQLInt, type GraphQLLeafType, GraphQLString, isEnumType } from 'graphql';

/** A value as JSON. Throws for one that its type does not allow, or that is no plain value. */
export type Write = (value: unknown) => string;

/** Made once: nobody reads it, and a stack takes longer than an answer. */
const NOT_PLAIN = new Error('This answer cannot be written as it is.');

export function notPlain(): Error {
  return NOT_PLAIN;
}

/** Anything but what JSON takes as it is; halves of characters beyond 16 bits are escaped when they stand alone. */
const MAY_NEED_ESCAPES = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

function quoted(text: string): string {
  return MAY_NEED_ESCAPES.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function writeText(value: unknown): string {
  if (typeof value !== 'string') throw NOT_PLAIN;
  return quoted(value);
}

function writeBoolean(value: unknown): string {
  if (typeof value !== 'boolean') throw NOT_PLAIN;
  return value ? 'true' : 'false';
}

function writeInt(value: unknown): string {
  if (typeof value !== 'number' || (value | 0) !== value) throw NOT_PLAIN;
  return `${value}`;
}

function enumWriter(type: GraphQLEnumType): Write {
  const names = new Map<unknown, string>(type.getValues().map(({ name, value }) => [value, `"${name}"`]));
  return (value) => {
    const name = names.get(value);
    if (name === undefined) throw NOT_PLAIN;
    return name;
  };
}

/** How a scalar or an enum is written: the same as graphql-js would serialize it, without what its types never answer. */
export function leafWriter(type: GraphQLLeafType): Write {
  if (isEnumType(type)) return enumWriter(type);
  switch (type) {
    case GraphQLString:
      return writeText;
    case GraphQLBoolean:
      return writeBoolean;
    case GraphQLInt:
      return writeInt;
    default:
      return (value) => {
        const shown: unknown = type.serialize(value);
        const text = typeof shown === 'string' ? quoted(shown) : (JSON.stringify(shown) as string | undefined);
        if (text === undefined) throw NOT_PLAIN;
        return text;
      };
  }
}
