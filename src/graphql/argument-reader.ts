import { type FieldNode, getArgumentValues, type GraphQLArgument, type GraphQLField, isNonNullType, Kind, type ValueNode, valueFromAST, visit } from 'graphql';
import { notPlain } from './leaf-writers.js';

type Variables = Record<string, unknown>;
/** Undefined: the argument is left out. */
type Read = (variables: Variables) => unknown;

function usesVariables(value: ValueNode): boolean {
  let found = false;
  visit(value, { Variable: () => void (found = true) });
  return found;
}

function readerOf({ type, defaultValue }: GraphQLArgument, value: ValueNode): Read {
  if (value.kind !== Kind.VARIABLE) {
    return (variables) => {
      const known: unknown = valueFromAST(value, type, variables);
      if (known === undefined) throw notPlain();
      return known;
    };
  }
  const name = value.name.value;
  const isNeeded = isNonNullType(type);
  return (variables) => {
    const given = variables[name];
    const known = given === undefined ? defaultValue : given;
    if (isNeeded && (known === undefined || known === null)) throw notPlain();
    return known;
  };
}

/**
 * The arguments of a field as graphql-js gives them to its resolver, from variables that were read already. What depends on no
 * variable is worked out once. Throws where graphql-js would find a fault, for it to word.
 */
export function argumentReader(field: GraphQLField<unknown, unknown>, node: FieldNode): (variables: Variables) => Variables {
  const readers: [name: string, read: Read][] = [];
  const constant = { ...node, arguments: (node.arguments ?? []).filter(({ value }) => !usesVariables(value)) };
  const varying = (node.arguments ?? []).filter(({ value }) => usesVariables(value));
  for (const { name, value } of varying) {
    const argument = field.args.find((one) => one.name === name.value);
    if (argument !== undefined) readers.push([argument.name, readerOf(argument, value)]);
  }
  const others = { ...field, args: field.args.filter((one) => !readers.some(([name]) => name === one.name)) };
  const fixed = Object.freeze(getArgumentValues(others, constant));
  if (readers.length === 0) return () => fixed;
  return (variables) => {
    const values: Variables = { ...fixed };
    for (const [name, read] of readers) {
      const value = read(variables);
      if (value !== undefined) values[name] = value;
    }
    return values;
  };
}
