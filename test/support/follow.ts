import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export type StreamTransport = 'websocket' | 'sse';
export const STREAM_TRANSPORTS: readonly StreamTransport[] = ['websocket', 'sse'];

export interface Following {
  /** The data of each event. */
  events: Record<string, any>[]; // oxlint-disable-line typescript/no-explicit-any -- events are as varied as queries
  /** `complete`, or the codes of the errors that ended it. */
  ended: Promise<string>;
  /** The code with which its socket was closed. */
  closed: Promise<number>;
  stop: () => Promise<void>;
}

/** Follows a subscription; resolves when the gateway has it, by asking until `isListening` says so. */
export async function follow(transport: StreamTransport, url: string, key: string, query: string): Promise<Following> {
  const events: Following['events'] = [];
  const [ended, closed] = [Promise.withResolvers<string>(), Promise.withResolvers<number>()];
  const isHeard = heard(url);
  const before = await isHeard();
  const sink = {
    next: ({ data, errors }: { data?: unknown; errors?: readonly { extensions?: Record<string, unknown> }[] }) => {
      if (errors) ended.resolve(errors.map((error) => error.extensions?.code).join());
      else events.push(data as never);
    },
    error: (error: unknown) => ended.resolve(Array.isArray(error) ? error.map((one) => one.extensions.code).join() : `broken: ${String((error as { code?: unknown }).code ?? error)}`),
    complete: () => ended.resolve('complete'),
  };
  const following = transport === 'websocket' ? overWebSocket(url, key, query, sink, closed.resolve) : overSse(url, key, query, sink);
  while ((await isHeard()) === before) await new Promise((resolve) => setTimeout(resolve, 10));
  return { events, ended: ended.promise, closed: closed.promise, stop: async () => following() };
}

/** Subscriptions answered so far, refused ones included. */
function heard(url: string): () => Promise<number> {
  return async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return [...text.matchAll(/^gateway_operations_total\{.*kind="subscription".*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  };
}

function overWebSocket(url: string, key: string, query: string, sink: object, onClosed: (code: number) => void): () => void {
  const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization: `Bearer ${key}` } });
  client.on('closed', (event) => onClosed((event as { code: number }).code));
  client.subscribe({ query }, sink as never);
  return () => void client.dispose();
}

function overSse(url: string, key: string, query: string, sink: object): () => void {
  const client = createSseClient({ url: `${url}/graphql`, headers: { authorization: `Bearer ${key}` }, retryAttempts: 0 });
  client.subscribe({ query }, sink as never);
  return () => client.dispose();
}
