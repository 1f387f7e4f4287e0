import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { GraphqlError } from './gateway.js';

export const TRANSPORTS = ['http', 'sse', 'multipart', 'websocket'] as const;

const ACCEPTS = { http: 'application/json', sse: 'text/event-stream', multipart: 'multipart/mixed;subscriptionSpec=1.0' };
export type Transport = (typeof TRANSPORTS)[number];

export interface Operation {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
  extensions?: Record<string, unknown>;
}

export interface Result {
  data?: Record<string, any> | null; // oxlint-disable-line typescript/no-explicit-any -- answers are as varied as queries
  errors?: GraphqlError[];
  extensions?: Record<string, unknown>;
}

type Headers = Record<string, string>;

async function post(url: string, key: string | null, operation: Operation, extra: Headers): Promise<string> {
  const headers = { 'content-type': 'application/json', ...extra, ...(key !== null && { authorization: `Bearer ${key}` }) };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(operation) });
  return response.text();
}

async function overWebSocket(url: string, key: string | null, operation: Operation, headers: Headers): Promise<Result> {
  class Socket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers });
    }
  }
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: Socket,
    retryAttempts: 0,
    connectionParams: key === null ? {} : { authorization: `Bearer ${key}` },
  });
  try {
    return await new Promise<Result>((resolve) => {
      client.subscribe(operation, {
        next: (result) => resolve(result as Result),
        error: (errors) => resolve(Array.isArray(errors) ? { errors } : { errors: [{ message: 'closed', extensions: { code: `CLOSED_${(errors as { code?: number }).code}` } }] }),
        complete: () => undefined,
      });
    });
  } finally {
    await client.dispose();
  }
}

/** The first answer to an operation over a transport. */
export async function ask(transport: Transport, url: string, key: string | null, operation: Operation, headers: Headers = {}): Promise<Result> {
  if (transport === 'websocket') return overWebSocket(url, key, operation, headers);
  const text = await post(url, key, operation, { ...headers, accept: ACCEPTS[transport] });
  return JSON.parse(text.startsWith('{') ? text : /(?:data: (\{.*\})|\{"payload":(\{.*\})\})/.exec(text)!.slice(1).find(Boolean)!) as Result;
}

/** The codes of its errors; empty when there are none. */
export async function codes(transport: Transport, url: string, key: string | null, operation: Operation): Promise<string[]> {
  return ((await ask(transport, url, key, operation)).errors ?? []).map((error) => error.extensions.code);
}
