import type { Fetcher } from '@graphiql/toolkit';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import type { DocumentNode, ExecutionResult } from 'graphql';
import { getOperationAST, Kind, OperationTypeNode, parse } from 'graphql';
import type { Client, SubscribePayload } from 'graphql-ws';
import { createClient } from 'graphql-ws';

/** Codes with which the gateway closes a socket whose token is not, or no longer, good. */
const REFUSALS: readonly unknown[] = [4401, 4403];

/**
 * Sends queries and mutations over HTTP and subscriptions over a WebSocket, all in the name of the token's owner. `onRefused` is called
 * when the gateway no longer takes the token.
 */
export function fetcherWith(token: string | null, onRefused: () => void): Fetcher {
  const socket = new URL('/graphql', location.href);
  socket.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const credentials: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const wsClient = createClient({
    url: socket.href,
    connectionParams: credentials,
    // With the same token another try would end in the same way.
    shouldRetry: (event) => !isRefusal(event),
    on: { closed: (event) => (isRefusal(event) ? onRefused() : undefined) },
  });
  const send = createGraphiQLFetcher({
    url: '/graphql',
    headers: credentials,
    enableIncrementalDelivery: false,
    fetch: async (input, init) => {
      const answer = await fetch(input, init);
      if (answer.status === 401) onRefused();
      return answer;
    },
  });
  return (params, options) => {
    const document = parsed(params.query);
    if (document === null) return send(params, options);
    // Right after a change of tabs GraphiQL still names the operation of the former one.
    const operationName = onlyOperation(document) ?? params.operationName;
    if (isSubscription(document, operationName)) return eventsOf(wsClient, { ...params, operationName }, onRefused);
    return send({ ...params, operationName }, { ...options, documentAST: document });
  };
}

function isRefusal(event: unknown): boolean {
  return event instanceof CloseEvent && REFUSALS.includes(event.code);
}

/** GraphiQL's type names errors as the server makes them; those of the wire have all that it shows. */
type Events = AsyncIterableIterator<ExecutionResult<Record<string, unknown>, Record<string, unknown>>>;

/** The events of a subscription. GraphiQL's own way leaves a rejected promise behind when they end with an error. */
function eventsOf(client: Client, payload: SubscribePayload, onRefused: () => void): Events {
  const events = client.iterate(payload) as Events;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () =>
      events.next().catch((error: unknown) => {
        if (Array.isArray(error) && error.some(isUnauthenticated)) onRefused();
        throw error instanceof CloseEvent ? new Error(`The gateway has closed the connection: ${error.code} ${error.reason}`.trim()) : error;
      }),
    // Unlike `return` of a generator, this one does not wait for the next event.
    return: async () => events.return?.() ?? { done: true, value: undefined },
  };
}

function isUnauthenticated(error: { extensions?: { code?: unknown } }): boolean {
  return error.extensions?.code === 'UNAUTHENTICATED';
}

function isSubscription(document: DocumentNode, name: string | null | undefined): boolean {
  return getOperationAST(document, name)?.operation === OperationTypeNode.SUBSCRIPTION;
}

// A document that does not parse goes to the gateway as it is, for its error to be shown.
function parsed(query: string): DocumentNode | null {
  try {
    return parse(query);
  } catch {
    return null;
  }
}

function onlyOperation(document: DocumentNode): string | undefined {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  return operations.length === 1 ? operations[0]?.name?.value : undefined;
}
