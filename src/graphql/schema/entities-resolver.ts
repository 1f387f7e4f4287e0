import type { GraphQLResolveInfo } from 'graphql';
import type { GatewayContext } from '../../access/request-container.js';
import { badInput } from '../../platform/errors.js';

type Representation = Record<string, unknown>;
type BatchResolver = (references: readonly Representation[], context: GatewayContext, info: GraphQLResolveInfo) => Promise<readonly unknown[]>;

/**
 * Per entity type, a function that resolves references to objects which the caller may see: in the order of the references, with null
 * for a missing object and an Error for a refused reference.
 */
export type ReferenceResolvers = Record<string, BatchResolver>;

/** Makes a batch resolver that resolves each reference by itself, concurrently. */
export function resolveEach(resolve: (reference: Representation, context: GatewayContext) => Promise<unknown>): BatchResolver {
  return async (references, context) => {
    const settled = await Promise.allSettled(references.map(async (reference) => resolve(reference, context)));
    return settled.map((result) => (result.status === 'fulfilled' ? result.value : result.reason));
  };
}

function isObject(value: unknown): value is Representation {
  return typeof value === 'object' && value !== null;
}

function typeNameOf(reference: unknown): string | null {
  if (!isObject(reference)) return null;
  const { __typename: name } = reference;
  return typeof name === 'string' ? name : null;
}

/** Sets `__typename` on the object itself: an object that several references share gets the same value again. */
export function withTypeName<T>(object: T, typeName: string): T {
  const named: unknown = object;
  if (isObject(named) && !(named instanceof Error)) named['__typename'] = typeName;
  return object;
}

/**
 * Resolves `Query._entities`, all references of a type together. A reference to a type without a key is BAD_USER_INPUT at its own
 * index; @apollo/subgraph would fail the whole list instead, or return the reference as if it were the object.
 */
export function entitiesResolver(resolvers: ReferenceResolvers) {
  const typeNames = Object.keys(resolvers).sort().join(', ');
  return async (_source: unknown, args: { representations: readonly unknown[] }, context: GatewayContext, info: GraphQLResolveInfo) => {
    const { representations } = args;
    const indexesByType = Map.groupBy(representations.keys(), (index) => typeNameOf(representations[index]));
    const entities: unknown[] = Array.from({ length: representations.length });
    await Promise.all([...indexesByType].map(async ([name, indexes]) => {
      const resolve = name !== null && Object.hasOwn(resolvers, name) ? resolvers[name] : undefined;
      if (name === null || resolve === undefined) {
        const message = `This names no type that can be referred to; those are ${typeNames}.`;
        for (const index of indexes) entities[index] = badInput([{ path: `representations.${index}`, code: 'NOT_ACCEPTED', message }]);
        return;
      }
      const wanted = indexes.map((index) => representations[index] as Representation); // `typeNameOf` found a name in each
      const found = await resolve(wanted, context, info).catch((error: unknown) => wanted.map(() => error));
      indexes.forEach((index, at) => (entities[index] = withTypeName(found[at] ?? null, name)));
    }));
    return entities;
  };
}
