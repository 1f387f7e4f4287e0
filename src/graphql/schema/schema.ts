import 'reflect-metadata';
import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import { getDocumentNodeFromSchema } from '@graphql-tools/utils';
import { type GraphQLSchema, lexicographicSortSchema, parse, print } from 'graphql';
import { buildSchema, createResolversMap, type ResolverData } from 'type-graphql';
import type { GatewayContext } from '../../access/request-container.js';
import { describeBounds } from './input-bounds.js';
import { dedupeInputLists } from './dedupe-input-lists.js';
import { entitiesResolver, type ReferenceResolvers } from './entities-resolver.js';
import { FEDERATION_LINK, withFederationDirectives } from './federation-directives.js';
import { refuseNulInTexts } from './refuse-nul.js';
import { RESOLVERS } from './resolvers.js';
import { useDirectResolvers } from './direct-resolvers.js';

/** type-graphql has no place for what is said of the root types. */
const ROOT_DESCRIPTIONS = {
  Query: 'What can be read; nothing answers with more than you can see.',
  Mutation: 'What can be changed; several fields of one operation run one after the other.',
  Subscription: 'What can be watched; each event shows no more than you can see at that moment.',
};

/** Subscriptions bring their own streams; type-graphql asks for a hub all the same. */
const noHub = {
  publish(): never {
    throw new Error('Subscriptions are fed by ChangeBus.');
  },
  subscribe(): never {
    throw new Error('Subscriptions are fed by ChangeBus.');
  },
};

/** Sorted, because type-graphql's own order follows the order in which files happen to be loaded. */
async function baseSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [...RESOLVERS],
    validate: false,
    // A sixth of a start; the tests build the same schema, and check it.
    skipCheck: true,
    pubSub: noHub,
    container: ({ context }: ResolverData) => (context as GatewayContext).container,
  });
  for (const [name, description] of Object.entries(ROOT_DESCRIPTIONS)) {
    const type = schema.getType(name);
    if (type) type.description = description;
  }
  describeBounds(schema);
  return lexicographicSortSchema(schema);
}

function sdlOf(schema: GraphQLSchema): string {
  return `${FEDERATION_LINK}\n\n${print(withFederationDirectives(getDocumentNodeFromSchema(schema)))}\n`;
}

/** The SDL that this subgraph serves, without the types that federation adds. */
export async function subgraphSdl(): Promise<string> {
  return sdlOf(await baseSchema());
}

/** The whole graph as a Federation 2 subgraph. Entities without an entry in `references` cannot be referred to. */
export async function buildGatewaySchema({ references }: { references: ReferenceResolvers }): Promise<GraphQLSchema> {
  const schema = await baseSchema();
  const resolvers = createResolversMap(schema) as Record<string, Record<string, unknown>>;
  useDirectResolvers(resolvers);
  resolvers['Query'] = { ...resolvers['Query'], _entities: entitiesResolver(references) };
  const typeDefs = parse(sdlOf(schema));
  return dedupeInputLists(refuseNulInTexts(buildSubgraphSchema([{ typeDefs, resolvers: resolvers as GraphQLResolverMap<GatewayContext> }])));
}
