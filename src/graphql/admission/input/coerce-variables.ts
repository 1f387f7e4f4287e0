import { coerceInputValue, getNamedType, getNullableType, getVariableValues, type GraphQLInputType, type GraphQLSchema, isInputObjectType, isInputType, isListType, isNonNullType, type OperationDefinitionNode, typeFromAST, type VariableDefinitionNode } from 'graphql';
import type { FieldError } from '../../../platform/errors.js';
import { shownValue } from '../../../platform/shown.js';

/** Coerced values by the name of their variable; without a prototype, so that a name finds nothing but a value. */
export type VariableValues = Readonly<Record<string, unknown>>;

/** The variables of an operation as resolvers get them, or everything that is wrong about them. */
export type CoercedVariables = { values: VariableValues; faults: null } | { values: null; faults: FieldError[] };

/** Items of a list; one that is longer is refused for its length. */
const MAX_ITEMS_CHECKED = 1000;

const NO_VALUES: VariableValues = Object.freeze(Object.create(null) as VariableValues);

/** Of one variable; the rest of a large value full of faults is not looked at. */
const MAX_FAULTS = 100;

/** Suggestions would draw the shape of the graph for who may not ask for it. */
const HIDE_SUGGESTIONS = true;

class TooManyFaults extends Error {}

/** Coerces the variables by graphql-js; values that the operation does not define are left out. Never throws for what a caller sent. */
export function coerceVariables(schema: GraphQLSchema, operation: OperationDefinitionNode, given: Readonly<Record<string, unknown>>): CoercedVariables {
  const definitions = operation.variableDefinitions ?? [];
  if (definitions.length === 0) return { values: NO_VALUES, faults: null };
  const crowded = definitions.flatMap((definition) => excessFieldsOf(schema, definition, given));
  if (crowded.length > 0) return { values: null, faults: crowded };
  const { coerced } = getVariableValues(schema, definitions, given, { maxErrors: 1, hideSuggestions: HIDE_SUGGESTIONS });
  if (coerced !== undefined) return { values: Object.assign(Object.create(null) as Record<string, unknown>, coerced), faults: null };
  return { values: null, faults: definitions.flatMap((definition) => faultsOf(schema, definition, given)) };
}

/** Input objects with more names than their type has: graphql-js would word each that is too many, and show the whole object. */
function excessFieldsOf(schema: GraphQLSchema, { variable, type: typeNode }: VariableDefinitionNode, given: Readonly<Record<string, unknown>>): FieldError[] {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  const crowded = isInputType(type) && Object.hasOwn(given, name) ? excessFieldsAt(type, given[name], name) : null;
  return crowded === null ? [] : [crowded];
}

function excessFieldsAt(type: GraphQLInputType, value: unknown, path: string): FieldError | null {
  // Most variables are scalars or lists of them, some of a thousand items.
  if (typeof value !== 'object' || value === null || !isInputObjectType(getNamedType(type))) return null;
  const named = getNullableType(type);
  if (isListType(named)) {
    const items: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_ITEMS_CHECKED) : [value];
    for (const [at, item] of items.entries()) {
      const crowded = excessFieldsAt(named.ofType, item, `${path}.${at}`);
      if (crowded !== null) return crowded;
    }
    return null;
  }
  if (!isInputObjectType(named)) return null;
  const fields = named.getFields();
  const most = Object.keys(fields).length;
  const object = value as Record<string, unknown>;
  const found = Object.keys(object).length;
  if (found > most) return { path, message: `${named.name} has ${most} fields, and ${found} were given.` };
  for (const field of Object.values(fields)) {
    const crowded = Object.hasOwn(object, field.name) ? excessFieldsAt(field.type, object[field.name], `${path}.${field.name}`) : null;
    if (crowded !== null) return crowded;
  }
  return null;
}

/** Words what graphql-js refuses, each fault with its path: within an input object that of its field, as the services name it, else the variable. */
function faultsOf(schema: GraphQLSchema, { variable, type: typeNode, defaultValue }: VariableDefinitionNode, given: Readonly<Record<string, unknown>>): FieldError[] {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  if (!isInputType(type)) return [];
  const isGiven = Object.hasOwn(given, name);
  const value = isGiven ? given[name] : undefined;
  if (value !== null && value !== undefined) return faultsWithin(name, type, value);
  if (!isNonNullType(type) || (!isGiven && defaultValue !== undefined)) return [];
  return [{ path: name, message: `A value of type ${String(type)} is needed, and ${isGiven ? 'null' : 'nothing'} was given.` }];
}

function faultsWithin(name: string, type: GraphQLInputType, value: unknown): FieldError[] {
  const faults: FieldError[] = [];
  const named = isNonNullType(type) ? type.ofType : type;
  // A large object with many unknown fields is the invalid value of each of them.
  let [last, given]: [unknown, string] = [value, shownValue(value)];
  try {
    coerceInputValue(value, type, (path, invalid, error) => {
      const within = isInputObjectType(named) && path.length > 0 ? path : [name, ...path];
      if (invalid !== last) [last, given] = [invalid, shownValue(invalid)];
      faults.push({ path: within.join('.'), message: `${error.message} (given: ${given})` });
      if (faults.length >= MAX_FAULTS) throw new TooManyFaults();
    }, HIDE_SUGGESTIONS);
  } catch (error) {
    if (!(error instanceof TooManyFaults)) throw error;
  }
  return faults;
}
