import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { readImageServer } from '../datacenters/image-server-state.js';
import { type ImgapiError, imageNotFound, imgapiErrorOf } from '../imgapi/errors.js';
import type { Database } from '../platform/database.js';
import type { FileStore } from '../platform/file-store/file-store.js';
import { SinkClosed } from '../platform/file-store/send-file.js';
import { isUuid } from '../platform/scalars.js';
import { findServed, type ServedImage } from './catalogue.js';
import { listImages } from './list-images.js';
import { readListQuery } from './list-query.js';
import { planFileAnswer } from './serve-file.js';
import { trustedNetworks } from '../platform/networks.js';

export interface ImageServerParts {
  database: Database;
  store: FileStore;
  /** CIDRs whose callers see every image. */
  trusted: readonly string[];
  log: Logger;
}

type ImageRequest = FastifyRequest<{ Params: { uuid: string } }>;

const VERSION = '1.0.0';

function refuse(reply: FastifyReply, { status, body }: ImgapiError): FastifyReply {
  return reply.code(status).send(body);
}

/** ETag and If-None-Match as clients send it: with quotes, without them, weak, or several. */
function isUnchanged(request: FastifyRequest, etag: string): boolean {
  const given = request.headers['if-none-match'];
  return given !== undefined && given.split(',').some((one) => one.trim().replace(/^W\//, '').replaceAll('"', '') === etag);
}

/** The door that compute nodes use: IMGAPI, read only, under /imgapi. It shows images whose bytes are there, and never half of one. */
export async function registerImageServer(app: FastifyInstance, parts: ImageServerParts): Promise<void> {
  await app.register(async (door) => describeDoor(door, parts), { prefix: '/imgapi' });
}

function describeDoor(door: FastifyInstance, parts: ImageServerParts): void {
  const isTrusted = trustedNetworks(parts.trusted);
  door.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error.statusCode !== undefined && error.statusCode < 500) return refuse(reply, imgapiErrorOf('BadRequestError', error.message));
    request.log.error({ err: error }, 'An IMGAPI request failed.');
    return refuse(reply, imgapiErrorOf('InternalError', `internal error; request ${request.id}`));
  });
  door.setNotFoundHandler((request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD') return refuse(reply, imgapiErrorOf('ResourceNotFound', `${request.url.split('?', 1)[0]} does not exist`));
    return refuse(reply.header('allow', 'GET, HEAD'), imgapiErrorOf('MethodNotAllowedError', `${request.method} is not allowed`));
  });
  door.get('/ping', async () => ({ ping: 'pong', version: VERSION, imgapi: true, pid: process.pid }));
  door.register(async (images) => {
    images.addHook('preHandler', async (_request, reply) => {
      const server = await readImageServer(parts.database.em.fork());
      if (server === null) await refuse(reply, imgapiErrorOf('ServiceUnavailableError', 'no image server is configured (VMS_IMAGE_VM)'));
    });
    describeImages(images, parts, (request) => isTrusted(request.ip));
  });
}

function describeImages(images: FastifyInstance, parts: ImageServerParts, isTrusted: (request: FastifyRequest) => boolean): void {
  const find = async (request: ImageRequest): Promise<ServedImage | ImgapiError> => {
    const { uuid } = request.params;
    if (!isUuid(uuid)) return imgapiErrorOf('ResourceNotFound', `/images/${uuid} does not exist`);
    return (await findServed(parts.database.em.fork(), uuid, isTrusted(request))) ?? imageNotFound(uuid);
  };
  images.get('/images', async (request, reply) => {
    const query = readListQuery(request.query as Record<string, string>);
    const list = 'status' in query ? query : await listImages(parts.database.em.fork(), query, isTrusted(request));
    return list instanceof Readable ? reply.type('application/json').send(list) : refuse(reply, list);
  });
  images.get('/images/:uuid', async (request: ImageRequest, reply) => {
    const found = await find(request);
    if (!('manifest' in found)) return refuse(reply, found);
    const text = JSON.stringify(found.manifest, null, 2);
    const etag = createHash('sha1').update(text).digest('hex');
    reply.header('etag', etag);
    return isUnchanged(request, etag) ? reply.code(304).send() : reply.type('application/json').send(text);
  });
  images.route({
    method: ['GET', 'HEAD'],
    url: '/images/:uuid/file',
    exposeHeadRoute: false,
    handler: async (request: ImageRequest, reply) => {
      const found = await find(request);
      return 'manifest' in found ? sendFile(request, reply, found, parts) : refuse(reply, found);
    },
  });
}

async function sendFile(request: ImageRequest, reply: FastifyReply, image: ServedImage, { store, log }: ImageServerParts): Promise<FastifyReply> {
  const { uuid } = request.params;
  const [file] = image.manifest.files as { sha1: string; size: number }[];
  const stored = await store.statFile(uuid);
  if (file === undefined || stored === null || stored.size !== file.size) {
    log.error({ uuid, stored, expected: file }, 'The file of an image is not in the image store as it was put there.');
    return refuse(reply, imgapiErrorOf('ServiceUnavailableError', `the file of image ${uuid} is not available`));
  }
  const served = { size: stored.size, sha1: file.sha1, md5Hex: image.md5, modifiedAt: stored.modifiedAt };
  const plan = planFileAnswer({ method: request.method === 'HEAD' ? 'HEAD' : 'GET', headers: request.headers }, served);
  if (!plan.sendBody) return reply.code(plan.status).headers(plan.headers).send();
  const bytes = await store.openFile(uuid);
  if (bytes === null) return refuse(reply, imgapiErrorOf('ServiceUnavailableError', `the file of image ${uuid} is not available`));
  // Past the framework, which would copy the file through streams of its own.
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(plan.status, { ...(reply.getHeaders() as Record<string, string>), ...plan.headers });
  try {
    await bytes.sendTo(raw, plan.range ?? { start: 0, end: stored.size - 1 });
    raw.end();
  } catch (error) {
    if (!(error instanceof SinkClosed)) log.error({ err: error, uuid }, 'The file of an image could not be sent to its end.');
    raw.destroy();
  }
  return reply;
}
