import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { GatewayContext } from './request-container.js';

type Resolve = GraphQLFieldResolver<unknown, GatewayContext>;

/**
 * Loads the caller again before each root field of a mutation but the first: an earlier field may have changed the rights that
 * a later one is judged by. UNAUTHENTICATED once the caller is no longer signed in. Changes the given schema.
 */
export function renewRightsBetweenMutations(schema: GraphQLSchema): GraphQLSchema {
  // A context belongs to one operation, and its root fields run one after the other.
  const begun = new WeakSet<GatewayContext>();
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve: Resolve = field.resolve ?? defaultFieldResolver;
    const renewed: Resolve = async (source, args, context, info) => {
      if (begun.has(context)) context.container = await context.container.renewWithin();
      begun.add(context);
      return resolve(source, args, context, info);
    };
    field.resolve = renewed;
  }
  return schema;
}
