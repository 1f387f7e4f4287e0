import { GraphQLError, type GraphQLSchema, isScalarType } from 'graphql';

/** Without `_Any`: a reference with a NUL in its key finds nothing, and must not fail the rest of its list. */
const STRING_SCALARS = ['String', 'ID', 'JSON'];
/** Scalars that have been changed already: those of graphql-js are shared by all schemas of the process. */
const refusing = new WeakSet<object>();

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => key.includes('\0') || holdsNul(inner));
}

function refuseNul<T>(name: string, value: T): T {
  if (holdsNul(value)) throw new GraphQLError(`${name} cannot hold a NUL character (U+0000); leave it out.`);
  return value;
}

/**
 * Makes every string that a caller gives refuse NUL, at any depth: Postgres cannot store it, and a statement for SQLite would end
 * there. Changes the schema, and returns it.
 */
export function refuseNulInTexts(schema: GraphQLSchema): GraphQLSchema {
  for (const name of STRING_SCALARS) {
    const scalar = schema.getType(name);
    if (!isScalarType(scalar) || refusing.has(scalar)) continue;
    refusing.add(scalar);
    const { parseValue, parseLiteral } = scalar;
    scalar.parseValue = (value) => refuseNul(name, parseValue.call(scalar, value));
    scalar.parseLiteral = (node, variables) => refuseNul(name, parseLiteral.call(scalar, node, variables));
  }
  return schema;
}
