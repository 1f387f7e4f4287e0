// Connects Apollo Client to a gateway: queries and mutations over HTTP, events over one WebSocket. The cache finds every object by its `id`.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { type Client, createClient } from 'graphql-ws';

export interface Connection {
  client: ApolloClient;
  /** Under the events: it tells when it has connected, also again after a break. */
  socket: Client;
}

/** A connection with one API key. For tokens that expire, see docs/frontends.md. */
export function connectApollo(url: string, key: string): Connection {
  const authorization = `Bearer ${key}`;
  const socket = createClient({ url: `${url.replace(/^http/, 'ws')}/graphql`, connectionParams: { authorization } });
  const http = new HttpLink({ uri: `${url}/graphql`, headers: { authorization } });
  const link = ApolloLink.split(({ operationType }) => operationType === 'subscription', new GraphQLWsLink(socket), http);
  return { client: new ApolloClient({ link, cache: new InMemoryCache() }), socket };
}
