import { getMetadataStorage } from 'type-graphql';
import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import type { Injectable, GatewayContext } from '../../access/request-container.js';

type Resolve = GraphQLFieldResolver<unknown, GatewayContext, Record<string, unknown>>;
type Handler = ReturnType<typeof getMetadataStorage>['queries'][number] | ReturnType<typeof getMetadataStorage>['fieldResolvers'][number];
/** Reads the value of one parameter of a resolver method. */
type ParamReader = (root: unknown, args: Record<string, unknown>, info: GraphQLResolveInfo) => unknown;
type Param = NonNullable<Handler['params']>[number];

/** Returns null for a kind of parameter that only type-graphql can supply. */
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

/** A resolver that calls the method directly; null for one that needs type-graphql's own, for middlewares, roles or other parameters. */
function directResolver({ target, methodName, params = [], middlewares = [], roles }: Handler): Resolve | null {
  const readers = params.toSorted((a, b) => a.index - b.index).map(paramReader).filter((reader) => reader !== null);
  if (middlewares.length > 0 || roles !== undefined || readers.length < params.length) return null;
  const resolverClass = target as unknown as Injectable<Record<string, (...values: unknown[]) => unknown>>; // type-graphql's metadata types every class as Function
  return (root, args, { container }, info) => {
    const resolver = container.get(resolverClass);
    return resolver[methodName]?.(...readers.map((read) => read(root, args, info)));
  };
}

/**
 * Replaces type-graphql's resolvers by direct calls of the resolver methods: its own convert all arguments to class instances,
 * through promises, on every call. The methods get plain objects instead, so classes of arguments may have no methods.
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
