import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** An answer of the storage, whole; a proxy may change it. */
export interface StorageAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** One request through the proxy. */
export interface ProxiedRequest {
  /** As "POST" and "/bucket/key". */
  method: string;
  path: string;
  query: URLSearchParams;
  /** Asks the storage; who does not call it keeps the request from it. */
  answer: () => Promise<StorageAnswer>;
}

/** What becomes of a request: its answer, none as the connection is cut, or the beginning of one. */
export type Outcome = StorageAnswer | 'cut' | { cutAfter: number; answer: StorageAnswer };

/** Between a gateway and an object storage: does what `fault` says with each request, and passes it on where that is null. */
export interface S3Proxy {
  endpoint: string;
  fault: (request: ProxiedRequest) => Promise<Outcome | null> | null;
  close: () => Promise<void>;
}

export async function startS3Proxy(endpoint: string): Promise<S3Proxy> {
  const proxy: S3Proxy = { endpoint: '', fault: () => null, close: async () => undefined };
  const server = createServer((incoming, outgoing) => {
    pass(proxy, endpoint, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  proxy.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return proxy;
}

async function pass(proxy: S3Proxy, endpoint: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const sent = await buffer(incoming);
  const url = new URL(incoming.url ?? '/', endpoint);
  const answer = async (): Promise<StorageAnswer> => ask(url, incoming, sent);
  const outcome = (await proxy.fault({ method: incoming.method ?? '', path: url.pathname, query: url.searchParams, answer })) ?? (await answer());
  if (outcome === 'cut') return void outgoing.destroy();
  const { status, headers, body } = 'answer' in outcome ? outcome.answer : outcome;
  const isHead = incoming.method === 'HEAD';
  outgoing.writeHead(status, isHead ? headers : { ...headers, 'content-length': String(body.length) });
  if ('cutAfter' in outcome) outgoing.write(body.subarray(0, outcome.cutAfter), () => outgoing.destroy());
  else outgoing.end(isHead ? undefined : body);
}

async function ask(url: URL, { method, headers }: IncomingMessage, sent: Buffer): Promise<StorageAnswer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = forward(url, { method, headers }, resolve).on('error', reject);
    outgoing.end(sent);
  });
  const kept = Object.entries(answer.headers).filter(([name]) => !['connection', 'keep-alive', 'transfer-encoding'].includes(name));
  return { status: answer.statusCode ?? 500, headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])), body: await buffer(answer) };
}
