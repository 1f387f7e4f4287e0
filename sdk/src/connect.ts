import { createClient } from 'graphql-ws';
import { GatewayError, type GraphqlError } from './gateway-error.ts';
import { getSdk, type Operation, type Sdk, type Transport } from './generated.ts';

interface Answer<R> {
  data?: R | null;
  errors?: readonly GraphqlError[];
}

type Fetch = (url: URL, init: { method: string; headers: Record<string, string>; body: string }) => Promise<{ status: number; text(): Promise<string> }>;

export interface Connection {
  /** Where the gateway is, such as http://127.0.0.1:4000 */
  url: string;
  /** An API key or a JWT, or a function that gives one: it is asked for each operation, and again when a stream's token has expired. */
  token: string | (() => string | Promise<string>);
  /** Instead of the global fetch. */
  fetch?: Fetch;
  /** Instead of the global WebSocket, which Node has from version 22 on: the class of "ws". */
  webSocket?: unknown;
}

/** The operations of the gateway, the transport for operations of your own, and the end of its connections. */
export interface Gateway extends Sdk, Transport {
  close(): Promise<void>;
}

function dataOf<R>({ data, errors }: Answer<R>): R {
  if (errors !== undefined && errors.length > 0) throw new GatewayError(errors, data ?? null);
  if (data === undefined || data === null) throw new GatewayError([{ message: 'The gateway answered without data.' }]);
  return data;
}

/** The answer in a body that should be JSON; a proxy in between may have written another. */
function answerIn<R>(status: number, body: string): Answer<R> {
  try {
    return JSON.parse(body) as Answer<R>;
  } catch {
    throw new GatewayError([{ message: `The gateway answered HTTP ${status} without JSON: ${body.slice(0, 200)}` }]);
  }
}

/** What ended a subscription: the errors of its operation, or the close of its socket, as an Error. */
function refusalOf(reason: unknown): unknown {
  if (Array.isArray(reason)) return new GatewayError(reason as GraphqlError[]);
  if (reason instanceof Error || typeof reason !== 'object' || reason === null) return reason;
  const { code, reason: why } = reason as { code?: unknown; reason?: unknown };
  if (code === 4401) return new GatewayError([{ message: 'The token is not accepted.', extensions: { code: 'UNAUTHENTICATED' } }]);
  return new Error(`The connection for events is lost${typeof code === 'number' ? `: it was closed with ${code} ${String(why ?? '')}`.trimEnd() : ''}.`, { cause: reason });
}

/**
 * Connects the SDK: queries and mutations over HTTP, subscriptions over one WebSocket that is open while there is one. A refusal, also of
 * a part of an answer, is thrown as GatewayError.
 */
export function connect({ url, token, fetch: send = globalThis.fetch, webSocket }: Connection): Gateway {
  const endpoint = new URL('graphql', url.endsWith('/') ? url : `${url}/`);
  const authorization = async (): Promise<string> => `Bearer ${typeof token === 'string' ? token : await token()}`;
  const socket = createClient({
    url: endpoint.href.replace(/^http/, 'ws'),
    connectionParams: async () => ({ authorization: await authorization() }),
    ...(webSocket !== undefined && { webSocketImpl: webSocket }),
  });
  const transport: Transport = {
    async send<R, V>(query: Operation<R, V>, variables: V): Promise<R> {
      const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: await authorization() };
      const response = await send(endpoint, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return dataOf(answerIn<R>(response.status, await response.text()));
    },
    follow<R, V>(query: Operation<R, V>, variables: V): AsyncIterable<R> {
      const events = socket.iterate<R>({ query, variables: variables as Record<string, unknown> });
      // No generator: leaving one would wait for its next event.
      const next = async (): Promise<IteratorResult<R>> => {
        const event = await events.next().catch((reason: unknown) => Promise.reject(refusalOf(reason)));
        if (event.done === true) return { done: true, value: undefined };
        try {
          return { done: false, value: dataOf(event.value as Answer<R>) };
        } catch (error) {
          // A loop that an error ends does not call `return`: the stream would go on, and its events wait here for ever.
          await events.return?.();
          throw error;
        }
      };
      const leave = async (): Promise<IteratorResult<R>> => {
        await events.return?.();
        return { done: true, value: undefined };
      };
      return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
    },
  };
  return { ...getSdk(transport), ...transport, close: async () => socket.dispose() };
}
