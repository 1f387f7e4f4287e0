import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeImage, type PublishedImage } from './make-image.js';

export interface HeldServer {
  url: string;
  image: PublishedImage;
  manifestUrl: string;
  /** Resolves once the first half of a body that is held has been sent. */
  held: Promise<void>;
  release(): void;
  close(): Promise<void>;
}

/** An IMGAPI server of one image, whose list, file and `/data` stop half-way until they are released. */
export async function startHeldServer(name: string): Promise<HeldServer> {
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const image = makeImage({ name, version: '1', size: 10_000 });
  const path = `/images/${image.manifest.uuid}`;
  const server = createServer((request, response) => {
    const asked = (request.url ?? '').split('?', 1)[0];
    if (asked === path) return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(image.manifest));
    const body = asked === '/images' ? Buffer.from(JSON.stringify([image.manifest])) : image.file;
    const half = body.length / 2;
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, half), () => held.resolve());
    void released.promise.then(() => response.end(body.subarray(half)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url, image, manifestUrl: `${url}${path}`, held: held.promise, release: released.resolve, close };
}
