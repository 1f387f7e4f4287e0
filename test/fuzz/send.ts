import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { FuzzCase } from './cases.js';

/** What came back, whatever the way. */
export interface Received {
  /** HTTP status; of a WebSocket the close code, null while it is open. */
  status: number | null;
  type: string;
  /** Every body or message. */
  texts: string[];
  ms: number;
  /** What was meant to stay open was ended by us. */
  isCut: boolean;
}

const STREAM_MS = 120;
const PATIENCE_MS = 10_000;

export async function sendCase(url: string, key: string | null, sent: FuzzCase): Promise<Received> {
  const start = performance.now();
  const received = await (sent.way === 'http' ? overHttp(url, key, sent) : sent.way === 'socket' ? overSocket(url, sent) : overWebsocket(url, key, sent));
  return { ...received, ms: performance.now() - start };
}

type Way<W extends FuzzCase['way']> = Extract<FuzzCase, { way: W }>;

async function overHttp(url: string, key: string | null, { method, path, headers, bytes, isStream }: Way<'http'>): Promise<Received> {
  const stop = new AbortController();
  const patience = setTimeout(() => stop.abort(), isStream ? PATIENCE_MS / 5 : PATIENCE_MS);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...headers },
    body: bytes === null ? null : Buffer.from(bytes, 'latin1'),
    signal: stop.signal,
  });
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) setTimeout(() => stop.abort(), STREAM_MS);
  let text = '';
  let isCut = false;
  try {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk as Uint8Array, { stream: true });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    isCut = true;
  } finally {
    clearTimeout(patience);
  }
  return { status: response.status, type, texts: [text], ms: 0, isCut };
}

async function overSocket(url: string, { bytes }: Way<'socket'>): Promise<Received> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.end(Buffer.from(bytes, 'latin1'));
  const isCut = await Promise.race([once(socket, 'close').then(() => false), wait(PATIENCE_MS, true, { ref: false })]);
  socket.destroy();
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  const type = /^content-type: *([^\r\n]*)/im.exec(head)?.[1] ?? '';
  const isChunked = /^transfer-encoding: *chunked/im.test(head);
  // What follows the first body answers bytes that came after the first request; an answer to HEAD has none.
  const length = bytes.startsWith('HEAD ') ? 0 : Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? Infinity);
  const text = rest.join('\r\n\r\n').slice(0, length);
  return { status: status === undefined ? null : Number(status), type: isChunked ? '' : type, texts: [text], ms: 0, isCut };
}

async function overWebsocket(url: string, key: string | null, { frames, isBinary }: Way<'websocket'>): Promise<Received> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const texts: string[] = [];
  socket.on('message', (message: Buffer) => texts.push(message.toString()));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(([code]) => Number(code));
  await Promise.race([once(socket, 'open'), closed]);
  for (const frame of frames) {
    if (socket.readyState !== WebSocket.OPEN) break;
    socket.send(Buffer.from(frame.replace('TOKEN', key ?? 'nobody')), { binary: isBinary });
  }
  const isOver = (): boolean => texts.some((text) => /"type":"(complete|error)"/.test(text));
  const deadline = performance.now() + STREAM_MS;
  while (socket.readyState === WebSocket.OPEN && !isOver() && performance.now() < deadline) await wait(5);
  socket.close();
  const code = await Promise.race([closed, wait(PATIENCE_MS, 0, { ref: false })]);
  return { status: code, type: 'websocket', texts, ms: 0, isCut: false };
}
