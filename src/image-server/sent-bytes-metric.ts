import type { FastifyInstance } from 'fastify';
import { Counter, type Registry } from 'prom-client';

/** Counts the bytes that the image server writes to sockets, including those of aborted responses. */
export function countSentBytes(app: FastifyInstance, registry: Registry): void {
  const sent = new Counter({ name: 'gateway_image_bytes_sent_total', help: 'Bytes of answers of the image server at /imgapi.', registers: [registry] });
  const before = new WeakMap<object, number>();
  app.addHook('onRequest', async (request) => {
    if (request.url.startsWith('/imgapi/')) before.set(request, request.socket.bytesWritten);
  });
  app.addHook('onResponse', async (request) => {
    const start = before.get(request);
    if (start !== undefined) sent.inc(Math.max(0, request.socket.bytesWritten - start));
  });
}
