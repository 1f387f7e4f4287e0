import { getNamedType, getNullableType, type GraphQLError, type GraphQLInputType, isEnumType, isInputObjectType, isListType } from 'graphql';
import type { FieldCode } from '../../../platform/error-codes.js';
import type { FieldError } from '../../../platform/errors.js';
import { joinPath, type PathLink, type VariablePath } from './variable-paths.js';

/** Keys and indexes that lead into a value. */
export type Path = readonly (string | number)[];

/** What graphql-js refused: a value, where it is within its variable, and why. */
export interface RefusedValue {
  path: Path;
  value: unknown;
  error: GraphQLError;
  /** The value as JSON of at most 200 characters. */
  quoted: string;
}

/** The messages of graphql-js about a field that an input object lacks or does not have; it reports both at the object. */
const LACKING = /^Field "([^"]*)" of required type /;
const UNKNOWN = /^Field "([^]*)" is not defined by type "\w+"\.$/;
const BUILT_IN: ReadonlySet<string> = new Set(['String', 'ID', 'Int', 'Float', 'Boolean']);

function typeAt(type: GraphQLInputType, [key, ...rest]: Path): GraphQLInputType | undefined {
  if (key === undefined) return type;
  const shape = getNullableType(type);
  const fields = isInputObjectType(shape) ? Object.values(shape.getFields()) : [];
  const inner: GraphQLInputType | undefined = isListType(shape) ? shape.ofType : fields.find(({ name }) => name === key)?.type;
  return inner === undefined ? undefined : typeAt(inner, rest);
}

/** Which rule a value breaks that does not fit its type. */
function codeOf(type: GraphQLInputType, value: unknown, message: string): FieldCode {
  if (value === null || value === undefined) return 'REQUIRED';
  if (message.includes('non 32-bit signed integer')) return 'OUT_OF_RANGE';
  const named = getNamedType(type);
  if (typeof value !== 'string' || isInputObjectType(named) || BUILT_IN.has(named.name)) return 'WRONG_TYPE';
  return isEnumType(named) ? 'NOT_ACCEPTED' : 'INVALID_FORMAT';
}

/** The path of a value within a variable. */
export function pathWithin({ itself, start }: VariablePath, within: Path): string {
  if (within.length === 0) return itself;
  return joinPath(within.reduce<PathLink | null>((before, key) => ({ before, key }), start));
}

/** The fault of a value that graphql-js refused, by its path as in the errors of services. */
export function coercionFault(at: VariablePath, type: GraphQLInputType, { path, value, error, quoted }: RefusedValue): FieldError {
  const pathOf = (within: Path): string => pathWithin(at, within);
  const message = `${error.message} (given: ${quoted})`;
  const lacking = LACKING.exec(error.message)?.[1];
  if (lacking !== undefined) return { path: pathOf([...path, lacking]), code: 'REQUIRED', message, params: { type: String(typeAt(type, [...path, lacking])) } };
  const unknown = UNKNOWN.exec(error.message)?.[1];
  if (unknown !== undefined) return { path: pathOf([...path, unknown]), code: 'UNKNOWN_FIELD', message };
  const wanted = typeAt(type, path) ?? type;
  const given = typeof value === 'string' || typeof value === 'number' ? value : quoted;
  return { path: pathOf(path), code: codeOf(wanted, value, error.message), message, params: { type: String(wanted), value: given } };
}
