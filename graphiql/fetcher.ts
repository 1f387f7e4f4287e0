import type { Fetcher } from '@graphiql/toolkit';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import type { DocumentNode } from 'graphql';
import { Kind, parse } from 'graphql';

/** Sends queries and mutations over HTTP and subscriptions over a WebSocket, all in the name of the token's owner. */
export function fetcherWith(token: string | null): Fetcher {
  const socket = new URL('/graphql', location.href);
  socket.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const credentials: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const send = createGraphiQLFetcher({
    url: '/graphql',
    subscriptionUrl: socket.href,
    headers: credentials,
    wsConnectionParams: credentials,
    enableIncrementalDelivery: false,
  });
  return (params, options) => {
    const document = parsed(params.query);
    if (document === null) return send(params, options);
    // Right after a change of tabs GraphiQL still names the operation of the former one.
    const operationName = onlyOperation(document) ?? params.operationName;
    return send({ ...params, operationName }, { ...options, documentAST: document });
  };
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
