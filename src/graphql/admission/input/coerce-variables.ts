import { coerceInputValue, type DocumentNode, getNamedType, getNullableType, getVariableValues, type GraphQLInputType, type GraphQLSchema, isInputObjectType, isInputType, isListType, isNonNullType, type OperationDefinitionNode, typeFromAST, type VariableDefinitionNode } from 'graphql';
import type { FieldError } from '../../../platform/errors.js';
import { quoteValue } from '../../../platform/message-text.js';
import { coercionFault, type Path, pathWithin } from './coercion-fault.js';
import { type VariablePath, variablePaths } from './variable-paths.js';

/** Coerced values by the name of their variable; an object without a prototype, so that no name finds a property of it. */
export type VariableValues = Readonly<Record<string, unknown>>;

/** The coerced variables of an operation, or all their faults. */
export type CoercedVariables = { values: VariableValues; faults: null } | { values: null; faults: FieldError[] };

/** Items of a list that are checked for excess fields; a longer list is refused for its length. */
const MAX_ITEMS_CHECKED = 1000;

/** Input objects within each other: an input type may contain itself, and graphql-js follows it as deep as it goes. */
const MAX_DEPTH = 10;

const NO_VALUES: VariableValues = Object.freeze(Object.create(null) as VariableValues);

/** Faults of one variable; coercion stops there, so that a large value full of faults costs little. */
const MAX_FAULTS = 100;

/** Suggestions would reveal the schema to callers who may not introspect it. */
const HIDE_SUGGESTIONS = true;

/** The variables of a request, and what faults of each name. */
interface GivenVariables {
  given: Readonly<Record<string, unknown>>;
  pathOf: (name: string) => VariablePath;
}

/** A fault by its path within the variable. */
type ExcessFault = Omit<FieldError, 'path'> & { path: Path };

class TooManyFaults extends Error {}

/** An operation of a document, with the variables that came with it. */
interface Called {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  given: Readonly<Record<string, unknown>>;
}

/** Coerces the variables with graphql-js; drops those that the operation does not define. Returns faults, and throws for no value of a caller. */
export function coerceVariables(schema: GraphQLSchema, { document, operation, given }: Called): CoercedVariables {
  const definitions = operation.variableDefinitions ?? [];
  if (definitions.length === 0) return { values: NO_VALUES, faults: null };
  let paths: ReadonlyMap<string, VariablePath> | null = null;
  const pathOf = (name: string): VariablePath => (paths ??= variablePaths(schema, document, operation)).get(name) ?? { itself: name, start: { before: null, key: name } };
  const excess = definitions.flatMap((definition) => excessFieldsOf(schema, definition, { given, pathOf }));
  if (excess.length > 0) return { values: null, faults: excess };
  const { coerced } = getVariableValues(schema, definitions, given, { maxErrors: 1, hideSuggestions: HIDE_SUGGESTIONS });
  if (coerced !== undefined) return { values: Object.assign(Object.create(null) as Record<string, unknown>, coerced), faults: null };
  return { values: null, faults: definitions.flatMap((definition) => faultsOf(schema, definition, { given, pathOf })) };
}

/** Refuses an input object with more fields than its type has: graphql-js would report each, with the whole object in each message. And one that is nested too deep. */
function excessFieldsOf(schema: GraphQLSchema, { variable, type: typeNode }: VariableDefinitionNode, { given, pathOf }: GivenVariables): FieldError[] {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  const excess = isInputType(type) && Object.hasOwn(given, name) ? excessFieldsAt(type, given[name], { path: [], depth: 1 }) : null;
  return excess === null ? [] : [{ ...excess, path: pathWithin(pathOf(name), excess.path) }];
}

function excessFieldsAt(type: GraphQLInputType, value: unknown, { path, depth }: { path: Path; depth: number }): ExcessFault | null {
  // Skip scalars and their lists, which most variables are: some have a thousand items.
  if (typeof value !== 'object' || value === null || !isInputObjectType(getNamedType(type))) return null;
  const named = getNullableType(type);
  if (isListType(named)) {
    const items: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_ITEMS_CHECKED) : [value];
    for (const [at, item] of items.entries()) {
      const excess = excessFieldsAt(named.ofType, item, { path: [...path, at], depth });
      if (excess !== null) return excess;
    }
    return null;
  }
  if (!isInputObjectType(named)) return null;
  if (depth > MAX_DEPTH) return { path, code: 'TOO_DEEP', message: `${named.name} is nested deeper than ${MAX_DEPTH} levels; at most that many are accepted.`, params: { accepted: MAX_DEPTH } };
  const fields = named.getFields();
  const most = Object.keys(fields).length;
  const object = value as Record<string, unknown>;
  const found = Object.keys(object).length;
  if (found > most) return { path, code: 'TOO_MANY', message: `${named.name} has ${most} fields, and ${found} were given.`, params: { given: found, accepted: most } };
  for (const field of Object.values(fields)) {
    const excess = Object.hasOwn(object, field.name) ? excessFieldsAt(field.type, object[field.name], { path: [...path, field.name], depth: depth + 1 }) : null;
    if (excess !== null) return excess;
  }
  return null;
}

/** Lists what graphql-js refuses about one variable. */
function faultsOf(schema: GraphQLSchema, { variable, type: typeNode, defaultValue }: VariableDefinitionNode, { given, pathOf }: GivenVariables): FieldError[] {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  if (!isInputType(type)) return [];
  const isGiven = Object.hasOwn(given, name);
  const value = isGiven ? given[name] : undefined;
  if (value !== null && value !== undefined) return faultsWithin(pathOf(name), type, value);
  if (!isNonNullType(type) || (!isGiven && defaultValue !== undefined)) return [];
  const message = `A value of type ${String(type)} is needed, and ${isGiven ? 'null' : 'nothing'} was given.`;
  return [{ path: pathOf(name).itself, code: 'REQUIRED', message, params: { type: String(type) } }];
}

function faultsWithin(at: VariablePath, type: GraphQLInputType, value: unknown): FieldError[] {
  const faults: FieldError[] = [];
  // Consecutive faults often have the same large object as their invalid value; print it once.
  let [last, given]: [unknown, string] = [value, quoteValue(value)];
  try {
    coerceInputValue(value, type, (path, invalid, error) => {
      if (invalid !== last) [last, given] = [invalid, quoteValue(invalid)];
      faults.push(coercionFault(at, type, { path, value: invalid, error, quoted: given }));
      if (faults.length >= MAX_FAULTS) throw new TooManyFaults();
    }, HIDE_SUGGESTIONS);
  } catch (error) {
    if (!(error instanceof TooManyFaults)) throw error;
  }
  return faults;
}
