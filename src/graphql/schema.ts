import 'reflect-metadata';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { type GraphQLResolveInfo, type GraphQLSchema, parse } from 'graphql';
import { buildSchema, createResolversMap, type ResolverData } from 'type-graphql';
import type { GatewayContext } from '../access/scope.js';
import { RESOLVERS } from './resolvers.js';

/** Per entity type, how a federation gateway's reference becomes an object that the caller may see, or null. */
export type References = Record<
  string,
  (reference: Record<string, unknown>, context: GatewayContext, info: GraphQLResolveInfo) => Promise<unknown>
>;

/** What @apollo/subgraph calls a map of resolvers; ours is one by construction. */
type SubgraphResolvers = NonNullable<Extract<Parameters<typeof buildSubgraphSchema>[0], readonly unknown[]>[number] extends infer M ? (M extends { resolvers?: infer R } ? R : never) : never>;

const FEDERATION_LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])';

/** Subscriptions bring their own streams; type-graphql asks for a hub all the same. */
const noHub = {
  publish(): never {
    throw new Error('Subscriptions are fed by ChangeBus.');
  },
  subscribe(): never {
    throw new Error('Subscriptions are fed by ChangeBus.');
  },
};

async function plainSchema(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [...RESOLVERS],
    validate: false,
    pubSub: noHub,
    container: ({ context }: ResolverData) => (context as GatewayContext).scope,
  });
}

/** The SDL that this subgraph serves, without the types that federation adds. */
export async function subgraphSdl(): Promise<string> {
  return `${FEDERATION_LINK}\n\n${printSchemaWithDirectives(await plainSchema())}\n`;
}

/** The whole graph as a Federation 2 subgraph. Entities without an entry in `references` cannot be referred to. */
export async function buildGatewaySchema({ references }: { references: References }): Promise<GraphQLSchema> {
  const schema = await plainSchema();
  const resolvers = createResolversMap(schema) as Record<string, Record<string, unknown>>;
  for (const [type, resolve] of Object.entries(references)) {
    resolvers[type] = { ...resolvers[type], __resolveReference: resolve };
  }
  const typeDefs = parse(`${FEDERATION_LINK}\n\n${printSchemaWithDirectives(schema)}`);
  return buildSubgraphSchema([{ typeDefs, resolvers: resolvers as SubgraphResolvers }]);
}
