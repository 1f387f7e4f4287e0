import { getMetadataStorage } from 'type-graphql';
import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import type { Injectable, GatewayContext } from '../../access/request-container.js';

type Resolve = GraphQLFieldResolver<unknown, GatewayContext, Record<string, unknown>>;
type Handler = ReturnType<typeof getMetadataStorage>['queries'][number] | ReturnType<typeof getMetadataStorage>['fieldResolvers'][number];
type Param = NonNullable<Handler['params']>[number];
type ParamReader = (root: unknown, args: Record<string, unknown>, info: GraphQLResolveInfo) => unknown;

/** How a parameter gets its value; null where type-graphql alone knows. */
function paramReader(param: Param): ParamReader | null {
  switch (param.kind) {
    case 'arg':
      return (_root, args) => args[param.name];
    case 'args':
      return (_root, args) => args;
    case 'info':
      return (_root, _args, info) => info;
    case 'root':
      return param.getType === undefined && param.propertyName === undefined ? (root) => root : null;
    default:
      return null;
  }
}

function directResolver({ target, methodName, params = [], middlewares = [], roles }: Handler): Resolve | null {
  const given = params.toSorted((a, b) => a.index - b.index).map(paramReader);
  if (middlewares.length > 0 || roles !== undefined || given.includes(null)) return null;
  const values = given as ParamReader[];
  const part = target as unknown as Injectable<Record<string, (...values: unknown[]) => unknown>>;
  return (root, args, { container }, info) => {
    const resolver = container.get(part);
    return resolver[methodName]?.(...values.map((value) => value(root, args, info)));
  };
}

/**
 * Puts a direct call in the place of type-graphql's own around every field: it makes an instance of a class, and promises, of all
 * arguments each time. Arguments are plain objects then, and must be data alone.
 */
export function useDirectResolvers(resolvers: Record<string, Record<string, unknown>>): void {
  const { queries, mutations, fieldResolvers, objectTypes } = getMetadataStorage();
  const replace = (type: string | undefined, handler: Handler): void => {
    const fields = type === undefined ? undefined : resolvers[type];
    const resolve = directResolver(handler);
    if (fields !== undefined && Object.hasOwn(fields, handler.schemaName) && resolve !== null) fields[handler.schemaName] = resolve;
  };
  for (const query of queries) replace('Query', query);
  for (const mutation of mutations) replace('Mutation', mutation);
  for (const field of fieldResolvers) {
    if (field.kind !== 'external') continue;
    const shown = field.getObjectType?.();
    replace(objectTypes.find(({ target }) => target === shown)?.name, field);
  }
}
