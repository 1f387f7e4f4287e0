import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OpenFile } from '../../../src/images/import/download/download.js';

/** `whenSeen` runs an action once the client has told, by `seen`, that it has so many bytes of the file. */
export type Answer = (request: IncomingMessage, response: ServerResponse, whenSeen: WhenSeen) => void;
type WhenSeen = (bytes: number, action: () => void) => void;

export interface FileServer {
  url: string;
  /** The Range and If-Range headers of each request, in order. */
  asked: { range: string | null; ifRange: string | null }[];
  seen(bytesDone: number): void;
  close(): Promise<void>;
}

/** A real server that gives its answers one after the other, the last one for ever. */
export async function startFileServer(answers: readonly Answer[]): Promise<FileServer> {
  const asked: FileServer['asked'] = [];
  const waiting = new Map<number, () => void>();
  const seen = (bytesDone: number): void => {
    waiting.get(bytesDone)?.();
    waiting.delete(bytesDone);
  };
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push({ range: request.headers.range ?? null, ifRange: (request.headers['if-range'] as string | undefined) ?? null });
    answer?.(request, response, (bytes, action) => waiting.set(bytes, action));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`, asked, seen, close };
}

/** Asks with node:http, which follows no redirect and leaves the body as it was sent. */
export function openFrom(url: string): OpenFile {
  return (offset, ifRange, signal) => {
    const headers: Record<string, string> = {};
    if (offset > 0) headers['range'] = `bytes=${offset}-`;
    if (ifRange !== null) headers['if-range'] = ifRange;
    return new Promise((resolve, reject) => {
      get(url, { headers, signal, agent: false }, (body) => {
        resolve({ status: body.statusCode ?? 0, headers: body.headers as Record<string, string | undefined>, body });
      }).on('error', reject);
    });
  };
}

export function sha1Of(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** A good answer to a plain request or a range. */
export function whole(bytes: Buffer, etag = '"one"'): Answer {
  return (request, response) => {
    const start = startOf(request);
    const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, { etag, 'content-length': bytes.length - start, ...(start > 0 ? range : {}) });
    response.end(bytes.subarray(start));
  };
}

/** Promises the rest of the file and breaks the connection when the client has `length` bytes of it. */
export function breakAfter(bytes: Buffer, length: number, etag = '"one"'): Answer {
  return (request, response, whenSeen) => {
    const start = startOf(request);
    const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, { etag, 'content-length': bytes.length - start, ...(start > 0 ? range : {}) });
    response.write(bytes.subarray(start, start + length));
    whenSeen(start + length, () => response.destroy());
  };
}

/** Knows no ranges: always 200 and the whole file, broken after `length` bytes if given. */
export function rangeless(bytes: Buffer, length = bytes.length): Answer {
  return (_request, response, whenSeen) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, length));
    whenSeen(length, () => (length === bytes.length ? response.end() : response.destroy()));
  };
}

export function status(code: number, headers: Record<string, string> = {}, body = 'no'): Answer {
  return (_request, response) => {
    response.writeHead(code, headers);
    response.end(body);
  };
}

function startOf(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}
