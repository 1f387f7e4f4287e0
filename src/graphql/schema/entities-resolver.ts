import type { GraphQLResolveInfo } from 'graphql';
import type { GatewayContext } from '../../access/request-container.js';
import { badInput } from '../../platform/errors.js';

type Representation = Record<string, unknown>;
type BatchResolver = (references: readonly Representation[], context: GatewayContext, info: GraphQLResolveInfo) => Promise<readonly unknown[]>;

/**
 * Per entity type, how a federation gateway's references become objects that the caller may see: in their order, null for
 * what is not there, an Error in the place of one that is refused.
 */
export type ReferenceResolvers = Record<string, BatchResolver>;

/** A batch of references that have nothing in common, side by side. */
export function resolveEach(resolve: (reference: Representation, context: GatewayContext) => Promise<unknown>): BatchResolver {
  return async (references, context) => {
    const outcomes = await Promise.allSettled(references.map(async (reference) => resolve(reference, context)));
    return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason));
  };
}

function typeNameOf(reference: unknown): string | null {
  if (typeof reference !== 'object' || reference === null) return null;
  const { __typename: name } = reference as Representation;
  return typeof name === 'string' ? name : null;
}

/** Says of which type it is. Objects that are shared have been told before, and stay the same. */
function withTypeName(object: unknown, typeName: string): unknown {
  if (typeof object === 'object' && object !== null && !(object instanceof Error)) (object as Representation)['__typename'] = typeName;
  return object;
}

/**
 * `Query._entities`: all references of a type at once. A reference to a type that has no key is BAD_USER_INPUT in its own
 * place: left to @apollo/subgraph it would fail the whole list, or come back as data unread.
 */
export function entitiesResolver(references: ReferenceResolvers) {
  const known = Object.keys(references).sort().join(', ');
  return async (_source: unknown, args: { representations: readonly unknown[] }, context: GatewayContext, info: GraphQLResolveInfo) => {
    const { representations } = args;
    const places = Map.groupBy(representations.keys(), (index) => typeNameOf(representations[index]));
    const entities: unknown[] = Array.from({ length: representations.length });
    await Promise.all([...places].map(async ([name, indexes]) => {
      const batch = name !== null && Object.hasOwn(references, name) ? references[name] : undefined;
      if (name === null || batch === undefined) {
        const message = `This names no type that can be referred to; those are ${known}.`;
        for (const index of indexes) entities[index] = badInput([{ path: `representations.${index}`, message }]);
        return;
      }
      const wanted = indexes.map((index) => representations[index] as Representation);
      const found = await batch(wanted, context, info).catch((error: unknown) => wanted.map(() => error));
      indexes.forEach((index, at) => (entities[index] = withTypeName(found[at] ?? null, name)));
    }));
    return entities;
  };
}
