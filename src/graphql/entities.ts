import { entitiesResolver } from '@apollo/subgraph';
import type { GraphQLResolveInfo } from 'graphql';
import type { GatewayContext } from '../access/scope.js';
import { badInput } from '../platform/errors.js';

/** Per entity type, how a federation gateway's reference becomes an object that the caller may see, or null. */
export type References = Record<
  string,
  (reference: Record<string, unknown>, context: GatewayContext, info: GraphQLResolveInfo) => Promise<unknown>
>;

/** References that one `_entities` field may bring: several of the largest pages, as gateways send them together. */
export const MOST_REFERENCES = 1000;

function typeNameOf(reference: unknown): string | null {
  if (typeof reference !== 'object' || reference === null) return null;
  const { __typename: name } = reference as Record<string, unknown>;
  return typeof name === 'string' ? name : null;
}

/**
 * `Query._entities`. A reference to a type that has no key is BAD_USER_INPUT in its own place: left to @apollo/subgraph it
 * would fail the whole list, or come back as data unread.
 */
export function entitiesField(references: References) {
  const known = Object.keys(references).sort().join(', ');
  return (_source: unknown, args: { representations: readonly unknown[] }, context: GatewayContext, info: GraphQLResolveInfo) => {
    const { representations } = args;
    if (representations.length > MOST_REFERENCES) {
      const message = `${representations.length} are too many; ${MOST_REFERENCES} can be asked for at once.`;
      throw badInput([{ path: 'representations', message }]);
    }
    return representations.map(async (reference, index) => {
      const name = typeNameOf(reference);
      if (name === null || !Object.hasOwn(references, name)) {
        const message = `This names no type that can be referred to; those are ${known}.`;
        throw badInput([{ path: `representations.${index}`, message }]);
      }
      return (entitiesResolver({ representations: [reference], context, info }) as unknown[])[0];
    });
  };
}
