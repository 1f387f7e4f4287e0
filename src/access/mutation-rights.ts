import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import { unauthenticated } from '../platform/errors.js';
import type { GatewayContext } from './request-container.js';

type Resolve = GraphQLFieldResolver<unknown, GatewayContext>;

/**
 * Looks the caller up anew before each root field of a mutation but the first, so that a field is judged by the rights which
 * the fields before it left. UNAUTHENTICATED once the caller is no longer signed in. Changes the schema that is given.
 */
export function renewRightsBetweenMutations(schema: GraphQLSchema): GraphQLSchema {
  // A context belongs to one operation, whose root fields run one after the other.
  const begun = new WeakSet<GatewayContext>();
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve = (field.resolve ?? defaultFieldResolver) as Resolve;
    const renewed: Resolve = async (source, args, context, info) => {
      if (begun.has(context)) context.container = (await context.container.renewWithin()) ?? refuse();
      begun.add(context);
      return resolve(source, args, context, info);
    };
    field.resolve = renewed as typeof field.resolve;
  }
  return schema;
}

function refuse(): never {
  throw unauthenticated();
}
