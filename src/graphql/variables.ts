import { coerceInputValue, getNullableType, type GraphQLInputType, type GraphQLLeafType, type GraphQLSchema, isInputObjectType, isInputType, isLeafType, isListType, isNonNullType, type OperationDefinitionNode, typeFromAST, valueFromAST } from 'graphql';
import type { FieldError } from '../platform/errors.js';

/** Suggestions would draw the shape of the graph for who may not ask for it. */
function withoutSuggestion(message: string): string {
  return message.replace(/ Did you mean .*\?$/s, '');
}

function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

interface Defined {
  name: string;
  type: GraphQLInputType;
  /** What it is when it is not given; undefined: nothing. */
  byDefault: unknown;
  /** Reads what is plainly good, and is undefined for everything else. */
  read: (value: unknown) => unknown;
}

const known = new WeakMap<OperationDefinitionNode, readonly Defined[]>();

function definedBy(schema: GraphQLSchema, operation: OperationDefinitionNode): readonly Defined[] {
  let defined = known.get(operation);
  if (defined === undefined) {
    defined = (operation.variableDefinitions ?? []).flatMap(({ variable, type: typeNode, defaultValue }) => {
      const type = typeFromAST(schema, typeNode);
      if (!isInputType(type)) return [];
      const byDefault: unknown = defaultValue === undefined ? undefined : valueFromAST(defaultValue, type);
      return [{ name: variable.name.value, type, byDefault, read: plainReader(type) }];
    });
    known.set(operation, defined);
  }
  return defined;
}

/** Types without a shape of their own, and lists of these, say at once whether a value is one of theirs. */
function plainReader(type: GraphQLInputType): Defined['read'] {
  const named = getNullableType(type);
  if (isListType(named)) {
    const item = plainReader(named.ofType);
    return (value) => {
      const items = Array.isArray(value) ? value.map(item) : undefined;
      return items?.includes(undefined) === true ? undefined : items;
    };
  }
  return isLeafType(named) ? (value) => parsed(named, value) : () => undefined;
}

/** A null is undefined here: whether it is allowed depends on where it stands. */
function parsed(leaf: GraphQLLeafType, value: unknown): unknown {
  try {
    return value === null ? undefined : leaf.parseValue(value);
  } catch {
    return undefined;
  }
}

/** The variables of an operation as resolvers get them, and everything wrong about them. */
export interface ReadVariables {
  /** Good only where there are no faults. */
  values: Record<string, unknown>;
  /** Each with its path: within an input object the path of its field, as the services name it, else the variable. */
  faults: FieldError[];
}

export function readVariables(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Record<string, unknown>): ReadVariables {
  const faults: FieldError[] = [];
  const values: Record<string, unknown> = {};
  for (const { name, type, byDefault, read } of definedBy(schema, operation)) {
    const isGiven = Object.hasOwn(variables, name);
    const value = variables[name];
    if (!isGiven || value === null || value === undefined) {
      if (isNonNullType(type) && (isGiven || byDefault === undefined)) {
        faults.push({ path: name, message: `A value of type ${String(type)} is needed, and ${isGiven ? 'null' : 'nothing'} was given.` });
      }
      if (isGiven) values[name] = value ?? null;
      else if (byDefault !== undefined) values[name] = byDefault;
      continue;
    }
    const good = read(value);
    if (good !== undefined) {
      values[name] = good;
      continue;
    }
    const named = isNonNullType(type) ? type.ofType : type;
    values[name] = coerceInputValue(value, type, (path, invalid, error) => {
      const within = isInputObjectType(named) && path.length > 0 ? path : [name, ...path];
      faults.push({ path: within.join('.'), message: `${withoutSuggestion(error.message)} (given: ${shownValue(invalid)})` });
    });
  }
  return { values, faults };
}
