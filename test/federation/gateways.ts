import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { createGatewayRuntime, type UnifiedGraphHandler } from '@graphql-hive/gateway-runtime';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import http from '@graphql-mesh/transport-http';
import ws from '@graphql-mesh/transport-ws';
import type { Answer, GraphqlError } from '../support/gateway.js';

/** What docs/federation.md tells operators to forward. */
const FORWARDED = ['authorization', 'traceparent', 'tracestate', 'baggage'];

/** A federation gateway that forwards these headers of its callers to every subgraph. */
export interface Router extends AsyncDisposable {
  send(key: string, query: string, variables?: Record<string, unknown>, headers?: Record<string, string>): Promise<Omit<Answer, 'status'>>;
}

/** The same, for those that also pass subscriptions on. */
export interface LiveRouter extends Router {
  /** Events as they come; ends with the stream. */
  follow(key: string, query: string): AsyncGenerator<Omit<Answer, 'status'>>;
}

interface Caller {
  headers?: Record<string, string>;
}

interface Body {
  data?: Answer['data'];
  errors?: GraphqlError[];
}

function answerOf({ data, errors }: Body): Omit<Answer, 'status'> {
  return { data: data ?? null, errors: errors ?? [] };
}

class ForwardingSource extends RemoteGraphQLDataSource<Caller> {
  override willSendRequest({ request, context }: Parameters<NonNullable<RemoteGraphQLDataSource<Caller>['willSendRequest']>>[0]): void {
    const { headers = {} } = context as Caller;
    for (const name of FORWARDED) if (headers[name] !== undefined) request.http?.headers.set(name, headers[name]);
  }
}

export async function startApolloGateway(supergraphSdl: string): Promise<Router> {
  const gateway = new ApolloGateway({ supergraphSdl, buildService: ({ url }) => new ForwardingSource({ url }) });
  const server = new ApolloServer<Caller>({ gateway, stopOnTerminationSignals: false });
  await server.start();
  return {
    async send(key, query, variables = {}, headers = {}) {
      const { body } = await server.executeOperation({ query, variables }, { contextValue: { headers: { ...headers, authorization: `Bearer ${key}` } } });
      if (body.kind !== 'single') throw new Error('Apollo Gateway answered in parts.');
      // Null prototypes, and errors as classes of their own, would not compare equal to literals.
      return answerOf(JSON.parse(JSON.stringify(body.singleResult)) as Body);
    },
    [Symbol.asyncDispose]: async () => server.stop(),
  };
}

/** Planners of Hive Gateway: its own, and that of the router in Rust. */
export const PLANNERS: Record<string, UnifiedGraphHandler | undefined> = { own: undefined, Rust: unifiedGraphHandler };

/** How Hive Gateway follows a subgraph: by server-sent events unless it is told of a WebSocket. */
export const FOLLOWING: Record<string, Record<string, object>> = {
  'server-sent events': {},
  'a WebSocket': {
    images: {
      options: {
        subscriptions: { kind: 'ws', location: '/graphql', options: { connectionParams: { authorization: '{context.headers.authorization}' } } },
      },
    },
  },
};

export function startHiveGateway(supergraph: string, planner: UnifiedGraphHandler | undefined, transportEntries: Record<string, object>): LiveRouter {
  const runtime = createGatewayRuntime({
    supergraph,
    unifiedGraphHandler: planner,
    logging: false,
    transports: { http, ws },
    propagateHeaders: { fromClientToSubgraphs: ({ request }) => Object.fromEntries([...request.headers].filter(([name]) => FORWARDED.includes(name))) },
    transportEntries,
  });
  const post = async (key: string, accept: string, body: unknown, headers: Record<string, string> = {}) =>
    runtime.fetch('http://router/graphql', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept, authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
  return {
    async send(key, query, variables = {}, headers = {}) {
      return answerOf((await (await post(key, 'application/json', { query, variables }, headers)).json()) as Body);
    },
    async *follow(key, query) {
      const { body } = await post(key, 'text/event-stream', { query });
      if (body === null) return;
      let text = '';
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          const data = /^data: ?(\{.*)$/m.exec(event)?.[1];
          if (data !== undefined) yield answerOf(JSON.parse(data) as Body);
        }
      }
    },
    [Symbol.asyncDispose]: async () => runtime[Symbol.asyncDispose](),
  };
}
