import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { makeSampleImages, type SampleImage } from './sample-images.js';

/** Throttle: slow enough that a person can watch the largest image download. */
const CHUNK_BYTES = 256 * 1024;
const CHUNK_PAUSE_MS = 60;

/** An IMGAPI repository on 127.0.0.1 that serves generated images. */
export class SampleRepository {
  private constructor(
    private readonly server: Server,
    readonly images: readonly SampleImage[],
  ) {}

  static async start(): Promise<SampleRepository> {
    const images = makeSampleImages();
    const server = createServer((request, response) => {
      answer(images, request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SampleRepository(server, images);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function answer(images: readonly SampleImage[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const segments = (request.url ?? '').split('?', 1)[0]?.split('/').slice(1) ?? [];
  if (segments[0] === 'ping') return sendJson(response, 200, { ping: 'pong', imgapi: true });
  if (segments[0] === 'images' && segments.length === 1) return sendJson(response, 200, images.map((image) => image.manifest));
  const image = segments[0] === 'images' ? images.find((one) => one.manifest.uuid === segments[1]) : undefined;
  if (image === undefined) return sendJson(response, 404, { code: 'ResourceNotFound', message: `${request.url} does not exist` });
  if (segments.length === 2) return sendJson(response, 200, image.manifest);
  if (segments[2] === 'file') return sendFile(image.file, request, response);
  return sendJson(response, 404, { code: 'ResourceNotFound', message: `${request.url} does not exist` });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function sendFile(file: Buffer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': file.length - start };
  if (start === 0) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` });
  await pipeline(Readable.from(slowly(file, start)), response);
}

async function* slowly(file: Buffer, start: number): AsyncGenerator<Buffer> {
  for (let at = start; at < file.length; at += CHUNK_BYTES) {
    yield file.subarray(at, at + CHUNK_BYTES);
    if (file.length > CHUNK_BYTES) await delay(CHUNK_PAUSE_MS);
  }
}
