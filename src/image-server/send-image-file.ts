import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type ImgapiError, imgapiError } from '../imgapi/errors.js';
import { AppError } from '../platform/errors.js';
import type { FileStore } from '../platform/store/file-store.js';
import { SinkClosed } from '../platform/store/send-file.js';
import type { ServedImage } from './catalogue.js';
import { planFileResponse } from './file-response.js';

/**
 * Sends the file of an image, or the requested range, or redirects to where the image store answers it. Returns the error to answer with
 * when the file or the store is not available, else null.
 */
export async function sendImageFile(request: FastifyRequest, reply: FastifyReply, image: ServedImage, services: { store: FileStore; log: Logger }): Promise<ImgapiError | null> {
  const { uuid } = image;
  const missing = imgapiError('ServiceUnavailableError', `the file of image ${uuid} is not available`);
  try {
    return (await sendIfThere(request, reply, image, services)) ? null : missing;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'IMAGE_SERVER_UNAVAILABLE') throw error;
    services.log.error({ err: error, uuid }, 'The image store cannot be asked for the file of an image.');
    return missing;
  }
}

/** False when there is no such file. */
async function sendIfThere(request: FastifyRequest, reply: FastifyReply, { uuid, file, key }: ServedImage, { store, log }: { store: FileStore; log: Logger }): Promise<boolean> {
  const stored = await store.statFile(key);
  if (stored === null || stored.size !== file.size) {
    log.error({ uuid, stored, expected: file }, 'The file of an image is not in the image store as it was put there.');
    return false;
  }
  const served = { size: stored.size, sha1: file.sha1, md5Hex: file.md5, modifiedAt: stored.modifiedAt };
  const plan = planFileResponse({ method: request.method === 'HEAD' ? 'HEAD' : 'GET', headers: request.headers }, served);
  if (!plan.sendBody) {
    void reply.code(plan.status).headers(plan.headers).send();
    return true;
  }
  const elsewhere = await store.redirectTo(key);
  if (elsewhere !== null) {
    // The address is good for a short while only.
    void reply.header('cache-control', 'no-store').redirect(elsewhere, 307);
    return true;
  }
  const range = plan.range ?? { start: 0, end: stored.size - 1 };
  const bytes = await store.openFile(key, range);
  if (bytes === null) return false;
  // Bypass Fastify, which would copy the file through streams of its own.
  reply.hijack();
  const { raw } = reply;
  const headers = reply.getHeaders() as OutgoingHttpHeaders; // the same headers; Fastify types those that HTTP fixes as string or number
  raw.writeHead(plan.status, { ...headers, ...plan.headers });
  try {
    await bytes.sendTo(raw, range);
    raw.end();
  } catch (error) {
    if (!(error instanceof SinkClosed)) log.error({ err: error, uuid }, 'The file of an image could not be sent to its end.');
    raw.destroy();
  }
  return true;
}
