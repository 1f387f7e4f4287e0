import { coerceInputValue, type GraphQLInputType, type GraphQLLeafType, type GraphQLSchema, isInputObjectType, isInputType, isLeafType, isNonNullType, type OperationDefinitionNode, typeFromAST } from 'graphql';
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
  hasDefault: boolean;
  /** A type without a shape of its own, which says at once whether a value is one of it. */
  leaf: GraphQLLeafType | null;
}

const known = new WeakMap<OperationDefinitionNode, readonly Defined[]>();

function definedBy(schema: GraphQLSchema, operation: OperationDefinitionNode): readonly Defined[] {
  let defined = known.get(operation);
  if (defined === undefined) {
    defined = (operation.variableDefinitions ?? []).flatMap(({ variable, type: typeNode, defaultValue }) => {
      const type = typeFromAST(schema, typeNode);
      if (!isInputType(type)) return [];
      const named = isNonNullType(type) ? type.ofType : type;
      return [{ name: variable.name.value, type, hasDefault: defaultValue !== undefined, leaf: isLeafType(named) ? named : null }];
    });
    known.set(operation, defined);
  }
  return defined;
}

function isOf(leaf: GraphQLLeafType, value: unknown): boolean {
  try {
    return leaf.parseValue(value) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Everything wrong about the variables of an operation, each with its path: within an input object the path of its field,
 * as the services name it, else the variable.
 */
export function variableFaults(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Record<string, unknown>): FieldError[] {
  const faults: FieldError[] = [];
  for (const { name, type, hasDefault, leaf } of definedBy(schema, operation)) {
    const isGiven = Object.hasOwn(variables, name);
    const value = variables[name];
    if (!isGiven || value === null || value === undefined) {
      if (isNonNullType(type) && (isGiven || !hasDefault)) {
        faults.push({ path: name, message: `A value of type ${String(type)} is needed, and ${isGiven ? 'null' : 'nothing'} was given.` });
      }
      continue;
    }
    if (leaf !== null && isOf(leaf, value)) continue;
    const named = isNonNullType(type) ? type.ofType : type;
    coerceInputValue(value, type, (path, invalid, error) => {
      const within = isInputObjectType(named) && path.length > 0 ? path : [name, ...path];
      faults.push({ path: within.join('.'), message: `${withoutSuggestion(error.message)} (given: ${shownValue(invalid)})` });
    });
  }
  return faults;
}
