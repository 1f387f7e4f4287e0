import { GraphQLError, type GraphQLSchema, isScalarType } from 'graphql';

/** Not `_Any`: a reference with a NUL in its key finds nothing, and must not fail the others of its list. */
const TEXTUAL = ['String', 'ID', 'JSON'];
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
 * Makes every text that a caller gives refuse NUL, wherever it stands: Postgres stores none, and a statement for SQLite
 * ends there. The scalars of GraphQL itself are shared by all schemas of the process, so they are changed once.
 */
export function refuseNulInTexts(schema: GraphQLSchema): GraphQLSchema {
  for (const name of TEXTUAL) {
    const scalar = schema.getType(name);
    if (!isScalarType(scalar) || refusing.has(scalar)) continue;
    refusing.add(scalar);
    const { parseValue, parseLiteral } = scalar;
    scalar.parseValue = (value) => refuseNul(name, parseValue.call(scalar, value));
    scalar.parseLiteral = (node, variables) => refuseNul(name, parseLiteral.call(scalar, node, variables));
  }
  return schema;
}
