import { GraphQLError, type GraphQLSchema, isScalarType } from 'graphql';
import { findCharacter } from '../../platform/display-text.js';

/** Without `_Any`: a reference with such a character in its key finds nothing, and must not fail the rest of its list. */
const STRING_SCALARS = ['String', 'ID', 'JSON'];
/** Scalars that have been changed already: those of graphql-js are shared by all schemas of the process. */
const refusing = new WeakSet<object>();

const LONE_SURROGATE = /\p{Cs}/u;

/** What is wrong with a text, as the end of a sentence; null when a database can store it. */
function faultOf(text: string): string | null {
  if (text.includes('\0')) return 'a NUL character (U+0000); leave it out';
  if (text.isWellFormed()) return null;
  return `one half of a surrogate pair (${findCharacter(text, LONE_SURROGATE) ?? ''}); whole characters are accepted`;
}

function faultIn(value: unknown): string | null {
  if (typeof value === 'string') return faultOf(value);
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const fault = faultOf(key) ?? faultIn(inner);
    if (fault !== null) return fault;
  }
  return null;
}

function refuse<T>(name: string, value: T): T {
  const fault = faultIn(value);
  if (fault !== null) throw new GraphQLError(`${name} cannot hold ${fault}.`);
  return value;
}

/**
 * Makes every string that a caller gives refuse NUL and lone surrogates, at any depth: Postgres cannot store them, a statement for SQLite
 * would end at a NUL, and drivers would write another character for half a pair. Changes the schema, and returns it.
 */
export function refuseUnstorableTexts(schema: GraphQLSchema): GraphQLSchema {
  for (const name of STRING_SCALARS) {
    const scalar = schema.getType(name);
    if (!isScalarType(scalar) || refusing.has(scalar)) continue;
    refusing.add(scalar);
    const { parseValue, parseLiteral } = scalar;
    scalar.parseValue = (value) => refuse(name, parseValue.call(scalar, value));
    scalar.parseLiteral = (node, variables) => refuse(name, parseLiteral.call(scalar, node, variables));
  }
  return schema;
}
