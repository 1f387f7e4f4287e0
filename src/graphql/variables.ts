import { coerceInputValue, type GraphQLSchema, isInputObjectType, isInputType, isNonNullType, type OperationDefinitionNode, typeFromAST } from 'graphql';
import type { FieldError } from '../platform/errors.js';

/** Suggestions would draw the shape of the graph for who may not ask for it. */
function withoutSuggestion(message: string): string {
  return message.replace(/ Did you mean .*\?$/s, '');
}

function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/**
 * Everything wrong about the variables of an operation, each with its path: within an input object the path of its field,
 * as the services name it, else the variable.
 */
export function variableFaults(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Record<string, unknown>): FieldError[] {
  const faults: FieldError[] = [];
  for (const { variable, type: typeNode, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value;
    const type = typeFromAST(schema, typeNode);
    if (!isInputType(type)) continue;
    const isGiven = Object.hasOwn(variables, name);
    const value = variables[name];
    if (!isGiven || value === null || value === undefined) {
      if (isNonNullType(type) && (isGiven || defaultValue === undefined)) {
        faults.push({ path: name, message: `A value of type ${String(type)} is needed, and ${isGiven ? 'null' : 'nothing'} was given.` });
      }
      continue;
    }
    const named = isNonNullType(type) ? type.ofType : type;
    coerceInputValue(value, type, (path, invalid, error) => {
      const within = isInputObjectType(named) && path.length > 0 ? path : [name, ...path];
      faults.push({ path: within.join('.'), message: `${withoutSuggestion(error.message)} (given: ${shownValue(invalid)})` });
    });
  }
  return faults;
}
