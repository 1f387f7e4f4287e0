import { type ArgumentNode, type DocumentNode, type FragmentDefinitionNode, getNullableType, type GraphQLArgument, type GraphQLSchema, isInputObjectType, Kind, type OperationDefinitionNode, TypeInfo, type ValueNode, visit, visitWithTypeInfo } from 'graphql';

/** The path of a value as a linked list from its end, joined only when there is a fault. */
export interface PathLink {
  before: PathLink | null;
  key: string | number;
}

export function joinPath(at: PathLink | null): string {
  const keys: (string | number)[] = [];
  for (let link = at; link !== null; link = link.before) keys.unshift(link.key);
  return keys.join('.');
}

/** The start of a path: the argument, but nothing for an input object, as services name its fields alone. */
export function rootOf({ name, type }: GraphQLArgument): PathLink | null {
  return isInputObjectType(getNullableType(type)) ? null : { before: null, key: name };
}

/** The operation and the fragments it spreads, each once. */
export function definitionsOf(document: DocumentNode, operation: OperationDefinitionNode): (OperationDefinitionNode | FragmentDefinitionNode)[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const found: (OperationDefinitionNode | FragmentDefinitionNode)[] = [operation];
  for (const definition of found) {
    visit(definition, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (fragment !== undefined) found.push(fragment);
        fragments.delete(name.value);
      },
    });
  }
  return found;
}

/** What faults of a variable name: the value itself, and what the paths within it begin with. */
export interface VariablePath {
  itself: string;
  start: PathLink | null;
}

/** Where an operation uses each of its variables first: the argument, or the field of an input. A form knows these, and not the variables. */
export function variablePaths(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): ReadonlyMap<string, VariablePath> {
  const paths = new Map<string, VariablePath>();
  const typeInfo = new TypeInfo(schema);
  const add = (value: ValueNode, start: PathLink | null, argument: string): void => {
    if (value.kind === Kind.VARIABLE && !paths.has(value.name.value)) paths.set(value.name.value, { itself: joinPath(start) || argument, start });
    if (value.kind === Kind.OBJECT) for (const field of value.fields) add(field.value, { before: start, key: field.name.value }, argument);
    if (value.kind === Kind.LIST) for (const [key, item] of value.values.entries()) add(item, { before: start, key }, argument);
  };
  const Argument = ({ value }: ArgumentNode): false => {
    const argument = typeInfo.getArgument();
    if (argument) add(value, rootOf(argument), argument.name);
    return false;
  };
  for (const definition of definitionsOf(document, operation)) visit(definition, visitWithTypeInfo(typeInfo, { Argument, VariableDefinition: () => false }));
  return paths;
}
