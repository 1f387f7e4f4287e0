import 'reflect-metadata';
import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import { getDocumentNodeFromSchema } from '@graphql-tools/utils';
import { type DocumentNode, graphql, type GraphQLSchema, Kind, lexicographicSortSchema, parse, print, printSchema } from 'graphql';
import { buildSchema, createResolversMap, type ResolverData } from 'type-graphql';
import type { GatewayContext } from '../../access/request-container.js';
import { describeBounds } from './input-bounds.js';
import { dedupeInputLists } from './dedupe-input-lists.js';
import { entitiesResolver, type ReferenceResolvers } from './entities-resolver.js';
import { FEDERATION_LINK, withFederationDirectives } from './federation-directives.js';
import { refuseUnstorableTexts } from './refuse-unstorable.js';
import { useGlobalIds } from './node-ids.js';
import { RESOLVERS } from './resolvers.js';
import { useDirectResolvers } from './direct-resolvers.js';

/** Descriptions of the root types, which type-graphql cannot declare. */
const ROOT_DESCRIPTIONS = {
  Query: 'What can be read; nothing answers with more than you can see.',
  Mutation: 'What can be changed; several fields of one operation run one after the other.',
  Subscription: 'What can be watched; each event shows no more than you can see at that moment.',
};

/** type-graphql requires a PubSub; ours is never used, as subscriptions bring their own streams. */
const noPubSub = {
  publish(): never {
    throw new Error('Subscriptions are fed by ChangeBus.');
  },
  subscribe(): never {
    throw new Error('Subscriptions are fed by ChangeBus.');
  },
};

/** The schema of the resolvers, without Federation. Sorted, because type-graphql's order depends on the order in which files load. */
async function baseSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [...RESOLVERS],
    validate: false,
    // Takes a sixth of the start; tests build and check the same schema.
    skipCheck: true,
    pubSub: noPubSub,
    container: ({ context }: ResolverData<GatewayContext>) => context.container,
  });
  for (const [name, description] of Object.entries(ROOT_DESCRIPTIONS)) {
    const type = schema.getType(name);
    if (type) type.description = description;
  }
  describeBounds(schema);
  return lexicographicSortSchema(schema);
}

/** The schema as the subgraph's type definitions. Never as text: to print it and parse it again takes a tenth of a start. */
function typeDefsOf(schema: GraphQLSchema): DocumentNode {
  const { definitions } = withFederationDirectives(getDocumentNodeFromSchema(schema));
  return { kind: Kind.DOCUMENT, definitions: [...parse(FEDERATION_LINK, { noLocation: true }).definitions, ...definitions] };
}

/** The text of schema.graphql: the graph as its clients see it, without directives of Federation, which their tools do not know. */
export async function apiSdl(): Promise<string> {
  return `${print(parse(printSchema(await baseSchema())))}\n`;
}

/** The text of schema.subgraph.graphql: what `_service { sdl }` answers. */
export async function subgraphSdl(): Promise<string> {
  const schema = await buildGatewaySchema({ referenceResolvers: {} });
  const { data } = await graphql({ schema, source: '{ service: _service { sdl } }' });
  return (data as { service: { sdl: string } }).service.sdl; // the one field that was asked for
}

/** Builds the executable Federation 2 subgraph. Routers can refer only to entities with a reference resolver. */
export async function buildGatewaySchema({ referenceResolvers }: { referenceResolvers: ReferenceResolvers }): Promise<GraphQLSchema> {
  const schema = await baseSchema();
  const resolvers = createResolversMap(schema) as Record<string, Record<string, unknown>>; // its type allows for scalars and enums, which are objects with other fields
  useDirectResolvers(resolvers);
  useGlobalIds(resolvers);
  resolvers['Query'] = { ...resolvers['Query'], _entities: entitiesResolver(referenceResolvers) };
  const typeDefs = typeDefsOf(schema);
  const subgraph = { typeDefs, resolvers: resolvers as GraphQLResolverMap<GatewayContext> }; // type-graphql declares no more than objects of functions
  return dedupeInputLists(refuseUnstorableTexts(buildSubgraphSchema([subgraph])));
}
