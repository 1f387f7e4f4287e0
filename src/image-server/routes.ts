import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { readImageServer } from '../datacenters/settings/image-server-state.js';
import { type ImgapiCode, type ImgapiError, IMGAPI_STATUS, imageNotFound, imgapiErrorOf } from '../imgapi/errors.js';
import type { Caller, CallerTrust } from '../platform/http/caller-trust.js';
import type { Database } from '../platform/database/database.js';
import type { FileStore } from '../platform/store/file-store.js';
import { isUuid } from '../platform/graphql/scalars.js';
import { cut, shownValue } from '../platform/shown.js';
import { CACHE_CONTROL_PRIVATE, CACHE_CONTROL_PUBLIC, matchesEtag } from './http-caching.js';
import { findServedImage, type ServedImage } from './catalogue.js';
import { ListRoute } from './list-route.js';
import { type AcceptedParameters, invalid, invalidParameters, type QueryParameters, readParameters, refuseAdminFields } from './query-parameters.js';
import { sendImageFile } from './send-image-file.js';

export interface ImageServerServices {
  database: Database;
  store: FileStore;
  trust: CallerTrust;
  /** CIDRs whose callers see every image. */
  trustedNetworks: readonly string[];
  log: Logger;
}

type ImageRequest = FastifyRequest<{ Params: { uuid: string } }>;

const VERSION = '1.0.0';
const PING: AcceptedParameters = new Map([['error', 64]]);
const IMAGE: AcceptedParameters = new Map([['channel', 64], ['inclAdminFields', 5]]);
const FILE: AcceptedParameters = new Map([['channel', 64], ['index', 8]]);

function refuse(reply: FastifyReply, { status, body }: ImgapiError): FastifyReply {
  // Who may see an image is told by the answer alone, so that nobody may store it for others.
  return reply.code(status).header('cache-control', 'no-store').send(body);
}

/** The path of a request, without its query, as a message may repeat it. */
function pathOf({ url }: FastifyRequest): string {
  return cut(url.split('?', 1)[0] ?? '');
}

/** IMGAPI, read only, under /imgapi: what compute nodes use. It shows images whose bytes are there, and never half of one. */
export async function registerImageServer(app: FastifyInstance, parts: ImageServerServices): Promise<void> {
  await app.register(async (server) => registerServerRoutes(server, parts), { prefix: '/imgapi' });
}

function registerServerRoutes(server: FastifyInstance, parts: ImageServerServices): void {
  const isTrusted = parts.trust.inNetworks(parts.trustedNetworks);
  server.addHook('onRequest', async (request, reply) => {
    const fault = parts.trust.hostFault(request);
    if (fault !== null) await refuse(reply, imgapiErrorOf('InvalidHeader', fault));
  });
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error.statusCode !== undefined && error.statusCode < 500) return refuse(reply, imgapiErrorOf('BadRequestError', error.message));
    request.log.error({ err: error }, 'An IMGAPI request failed.');
    return refuse(reply, imgapiErrorOf('InternalError', `internal error; request ${request.id}`));
  });
  server.setNotFoundHandler((request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD') return refuse(reply, imgapiErrorOf('ResourceNotFound', `${pathOf(request)} does not exist`));
    return refuse(reply.header('allow', 'GET, HEAD'), imgapiErrorOf('MethodNotAllowedError', `${request.method} is not allowed`));
  });
  server.get('/ping', async (request, reply) => {
    const fault = pingFault(request.query as QueryParameters);
    if (fault !== null) return refuse(reply, fault);
    void reply.header('cache-control', 'no-store');
    return { ping: 'pong', version: VERSION, imgapi: true, ...(isTrusted(request) && { pid: process.pid }) };
  });
  server.register(async (images) => {
    images.addHook('preHandler', async (_request, reply) => {
      const state = await readImageServer(parts.database.em.fork());
      if (state === null) await refuse(reply, imgapiErrorOf('ServiceUnavailableError', 'no image server is configured (VMS_IMAGE_VM)'));
    });
    registerImageRoutes(images, parts, isTrusted);
  });
}

/** `error=Name` asks for a sample of that error. */
function pingFault(query: QueryParameters): ImgapiError | null {
  const parameters = readParameters(query, PING);
  if ('status' in parameters) return parameters;
  const name = parameters.get('error')?.[0];
  if (name === undefined) return null;
  const codes = Object.keys(IMGAPI_STATUS);
  if (codes.includes(name)) return imgapiErrorOf(name as ImgapiCode, 'pong');
  return invalidParameters([invalid('error', `${shownValue(name)} is not accepted; it must be one of ${codes.join(', ')}`)]);
}

/** What is wrong with the query of one image's manifest or file. */
function queryFault(query: QueryParameters, accepted: AcceptedParameters): ImgapiError | null {
  const parameters = readParameters(query, accepted);
  if ('status' in parameters) return parameters;
  const channel = parameters.get('channel')?.find((value) => value !== '*');
  if (channel !== undefined) return invalidParameters([invalid('channel', `${shownValue(channel)} is not accepted; it must be *, as this server has no channels`)]);
  const index = parameters.get('index')?.find((value) => value !== '0');
  if (index !== undefined) return imgapiErrorOf('ResourceNotFound', `there is no file ${shownValue(index)}; the one file of an image has the index 0`);
  return refuseAdminFields(parameters);
}

function registerImageRoutes(images: FastifyInstance, parts: ImageServerServices, isTrusted: (caller: Caller) => boolean): void {
  const list = new ListRoute(parts.database);
  const find = async (request: ImageRequest, accepted: AcceptedParameters): Promise<ServedImage | ImgapiError> => {
    const { uuid } = request.params;
    if (!isUuid(uuid)) return imgapiErrorOf('ResourceNotFound', `${pathOf(request).replace(/^\/imgapi/, '')} does not exist`);
    const fault = queryFault(request.query as QueryParameters, accepted);
    return fault ?? (await findServedImage(parts.database.em.fork(), uuid, isTrusted(request))) ?? imageNotFound(uuid);
  };
  images.get('/images', async (request, reply) => {
    const error = await list.answer(request, reply, isTrusted(request));
    return error === null ? reply : refuse(reply, error);
  });
  images.get('/images/:uuid', async (request: ImageRequest, reply) => {
    const found = await find(request, IMAGE);
    if (!('manifest' in found)) return refuse(reply, found);
    const text = JSON.stringify(found.manifest, null, 2);
    const etag = createHash('sha1').update(text).digest('hex');
    reply.headers({ etag, 'cache-control': cachingOf(found) });
    return matchesEtag(request, etag) ? reply.code(304).send() : reply.type('application/json').send(text);
  });
  images.route({
    method: ['GET', 'HEAD'],
    url: '/images/:uuid/file',
    exposeHeadRoute: false,
    handler: async (request: ImageRequest, reply) => {
      const found = await find(request, FILE);
      if (!('manifest' in found)) return refuse(reply, found);
      const error = await sendImageFile(request, reply.header('cache-control', cachingOf(found)), found, parts);
      return error === null ? reply : refuse(reply, error);
    },
  });
}

function cachingOf({ manifest }: ServedImage): string {
  return manifest.public === true ? CACHE_CONTROL_PUBLIC : CACHE_CONTROL_PRIVATE;
}
