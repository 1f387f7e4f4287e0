import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface DataServer {
  /** Where `answer` is given. */
  url: string;
  answer: Answer;
  /** How often it was asked. */
  asked: number;
  close(): Promise<void>;
}

/** A real HTTP server for the bytes of snapshots; `answer` may be changed while it runs. */
export async function startDataServer(answer: Answer): Promise<DataServer> {
  const server = createServer((request, response) => {
    data.asked += 1;
    data.answer(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const data: DataServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data`,
    answer,
    asked: 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return data;
}

/** Half noise, half emptiness, as disks are. */
export function diskBytes(size: number): Buffer {
  return Buffer.concat([randomBytes(Math.ceil(size / 2)), Buffer.alloc(Math.floor(size / 2))]);
}

export function whole(bytes: Buffer): Answer {
  return (response) => response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
}

/** Sends one chunk over and over until so many bytes are sent, never more of them in memory; without content-length. */
export function repeated(chunk: Buffer, times: number): Answer {
  return (response) => {
    Readable.from((function* () {
      for (let at = 0; at < times; at += 1) yield chunk;
    })()).pipe(response);
  };
}

/** Promises all bytes, sends the first `length`, then nothing more. */
export function stalling(bytes: Buffer, length: number): Answer {
  return (response) => response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, length));
}

/** Promises all bytes, sends the first `length`, then breaks the connection. */
export function breaking(bytes: Buffer, length: number): Answer {
  return (response) => {
    response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, length), () => response.destroy());
  };
}

export function slow(bytes: Buffer, bytesPerSecond: number): Answer {
  return (response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    const step = Math.ceil(bytesPerSecond / 20);
    let at = 0;
    const timer = setInterval(() => {
      if (response.destroyed || at >= bytes.length) {
        clearInterval(timer);
        response.end();
        return;
      }
      response.write(bytes.subarray(at, (at += step)));
    }, 50);
  };
}

export function status(code: number): Answer {
  return (response) => response.writeHead(code).end('no');
}

/** The first answer once, then the second for ever. */
export function first(one: Answer, then: Answer): Answer {
  let asked = 0;
  return (response, request) => ((asked += 1) === 1 ? one : then)(response, request);
}
