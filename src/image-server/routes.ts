import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { readImageServer } from '../datacenters/settings/image-server-state.js';
import { type ImgapiError, type ImgapiErrorBody, IMGAPI_STATUS, imageNotFound, imgapiCodeOf, imgapiError } from '../imgapi/errors.js';
import type { Caller, CallerTrust } from '../platform/http/caller-trust.js';
import type { Database } from '../platform/database/database.js';
import type { DatabaseOutage } from '../platform/database/outage/database-outage.js';
import { DATABASE_RETRY_SECONDS } from '../platform/errors.js';
import type { FileStore } from '../platform/store/file-store.js';
import { isUuid } from '../platform/graphql/scalars.js';
import { truncate, quoteValue } from '../platform/message-text.js';
import { versionFault } from './api-version.js';
import { CACHE_CONTROL_PRIVATE, CACHE_CONTROL_PUBLIC, matchesEtag } from './http-caching.js';
import { findServedImage, type ServedImage } from './catalogue.js';
import { ListRoute } from './list-route.js';
import { type AcceptedParameters, invalid, invalidParameters, type QueryParameters, readParameters, refuseAdminFields } from './query-parameters.js';
import { redirectionOf } from './request-url.js';
import { sendImageFile } from './send-image-file.js';

export interface ImageServerServices {
  database: Database;
  store: FileStore;
  trust: CallerTrust;
  /** CIDRs from which callers see every image. */
  trustedNetworks: readonly string[];
  /** Whether the paths of IMGAPI are served at the root of the gateway too. */
  atRoot: boolean;
  log: Logger;
  /** Is told of what a database that is away made fail. */
  outage: DatabaseOutage;
}

type Query = { Querystring: QueryParameters };
type ImageRequest = FastifyRequest<Query & { Params: { uuid: string } }>;

const VERSION = '1.0.0';
const SERVER = `image-gateway/${VERSION}`;
/** Clients compare it as a whole, so that it has no charset. */
const JSON_TYPE = 'application/json';
const PING: AcceptedParameters = new Map([['error', 64]]);
const IMAGE: AcceptedParameters = new Map([['channel', 64], ['inclAdminFields', 5]]);
const FILE: AcceptedParameters = new Map([['channel', 64], ['index', 8]]);

function sendJson(reply: FastifyReply, text: string): FastifyReply {
  // Fastify adds a charset to the type of a string.
  return reply.header('content-type', JSON_TYPE).send(Buffer.from(text));
}

function textOf(body: object): string {
  return JSON.stringify(body, null, 2);
}

function refuse(reply: FastifyReply, { status, body }: ImgapiError): FastifyReply {
  // A refusal depends on the caller, so that no cache may store it.
  return sendJson(reply.code(status).header('cache-control', 'no-store'), textOf(body));
}

/** The path of a request below the base of the image server, without its query, shortened for messages. */
function pathOf({ url }: FastifyRequest): string {
  return truncate((url.split('?', 1)[0] ?? '').replace(/^\/imgapi/, ''));
}

/** The error for a path or a method that this server does not have. */
function missingRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.method === 'GET' || request.method === 'HEAD') return refuse(reply, imgapiError('ResourceNotFound', `${pathOf(request)} does not exist`));
  const message = `${request.method} is not allowed: this server only reads; images are imported, changed and deleted in the graph of the gateway. Accepted are GET and HEAD`;
  return refuse(reply.header('allow', 'GET, HEAD'), imgapiError('MethodNotAllowedError', message));
}

/** The error body for requests to /imgapi/ that fail before they reach its routes, such as a path that cannot be decoded; null for other paths. */
export function imageServerFault(url: string, message: string): ImgapiErrorBody | null {
  return url.startsWith('/imgapi/') ? imgapiError('BadRequestError', message).body : null;
}

/** Serves IMGAPI, read-only, at /imgapi for compute nodes. Shows only images whose file is complete. */
export async function registerImageServer(app: FastifyInstance, services: ImageServerServices): Promise<void> {
  await app.register(async (server) => registerServerRoutes(server, services), { prefix: '/imgapi' });
  // A client that joins `/images` and the base URL by the standard rules loses the path of the base.
  if (!services.atRoot) for (const url of ['/images', '/images/*', '/ping']) app.get(url, async (request, reply) => redirect(request, reply));
}

function redirect(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').redirect(redirectionOf(request.url) ?? '/imgapi/', 307);
}

function registerServerRoutes(server: FastifyInstance, services: ImageServerServices): void {
  const isTrusted = services.trust.inNetworks(services.trustedNetworks);
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('server', SERVER);
    const fault = services.trust.hostFault(request);
    if (fault !== null) return refuse(reply, imgapiError('InvalidHeader', fault));
    // Before the body is read, which no route takes.
    if (request.is404) return missingRoute(request, reply);
    const unsupported = versionFault(request.headers['accept-version'], { method: request.method, path: pathOf(request) });
    return unsupported === null ? undefined : refuse(reply, unsupported);
  });
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error.statusCode !== undefined && error.statusCode < 500) return refuse(reply, imgapiError('BadRequestError', error.message));
    if (services.outage.covers(error)) {
      return refuse(reply.header('retry-after', String(DATABASE_RETRY_SECONDS)), imgapiError('ServiceUnavailableError', 'the database of the gateway is not available at present'));
    }
    request.log.error({ err: error }, 'An IMGAPI request failed.');
    return refuse(reply, imgapiError('InternalError', `internal error; request ${request.id}`));
  });
  server.setNotFoundHandler(missingRoute);
  server.get<Query>('/ping', async (request, reply) => {
    const fault = pingFault(request.query);
    if (fault !== null) return refuse(reply, fault);
    void reply.header('cache-control', 'no-store');
    return sendJson(reply, textOf({ ping: 'pong', version: VERSION, imgapi: true, ...(isTrusted(request) && { pid: process.pid }) }));
  });
  server.register(async (images) => {
    images.addHook('preHandler', async (_request, reply) => {
      const state = await readImageServer(services.database.em.fork());
      if (state === null) await refuse(reply, imgapiError('ServiceUnavailableError', 'no image server is configured (VMS_IMAGE_VM)'));
    });
    registerImageRoutes(images, services, isTrusted);
  });
}

/** The response to `/ping?error=Name`, which asks for a sample of that error; null without the parameter. */
function pingFault(query: QueryParameters): ImgapiError | null {
  const parameters = readParameters(query, PING);
  if ('status' in parameters) return parameters;
  const name = parameters.get('error')?.[0];
  if (name === undefined) return null;
  const code = imgapiCodeOf(name);
  if (code !== null) return imgapiError(code, 'pong');
  return invalidParameters([invalid('error', `${quoteValue(name)} is not accepted; it must be one of ${Object.keys(IMGAPI_STATUS).join(', ')}`)]);
}

/** The fault in the query parameters of one image's manifest or file; null when there is none. */
function queryFault(query: QueryParameters, accepted: AcceptedParameters): ImgapiError | null {
  const parameters = readParameters(query, accepted);
  if ('status' in parameters) return parameters;
  const channel = parameters.get('channel')?.find((value) => value !== '*');
  if (channel !== undefined) return invalidParameters([invalid('channel', `${quoteValue(channel)} is not accepted; it must be *, as this server has no channels`)]);
  const index = parameters.get('index')?.find((value) => value !== '0');
  if (index !== undefined) return imgapiError('ResourceNotFound', `there is no file ${quoteValue(index)}; the one file of an image has the index 0`);
  return refuseAdminFields(parameters);
}

function registerImageRoutes(images: FastifyInstance, services: ImageServerServices, isTrusted: (caller: Caller) => boolean): void {
  const list = new ListRoute(services.database);
  const find = async (request: ImageRequest, accepted: AcceptedParameters): Promise<ServedImage | ImgapiError> => {
    const { uuid } = request.params;
    if (!isUuid(uuid)) return imgapiError('ResourceNotFound', `${pathOf(request)} does not exist`);
    const fault = queryFault(request.query, accepted);
    return fault ?? (await findServedImage(services.database.em.fork(), uuid, isTrusted(request))) ?? imageNotFound(uuid);
  };
  images.get<Query>('/images', async (request, reply) => {
    const error = await list.handle(request, reply, isTrusted(request));
    return error === null ? reply : refuse(reply, error);
  });
  images.get('/images/:uuid', async (request: ImageRequest, reply) => {
    const found = await find(request, IMAGE);
    if (!('manifest' in found)) return refuse(reply, found);
    const text = textOf(found.manifest);
    const etag = createHash('sha1').update(text).digest('hex');
    reply.headers({ etag, 'cache-control': cacheControlOf(found) });
    return matchesEtag(request, etag) ? reply.code(304).send() : sendJson(reply, text);
  });
  images.route({
    method: ['GET', 'HEAD'],
    url: '/images/:uuid/file',
    exposeHeadRoute: false,
    handler: async (request: ImageRequest, reply) => {
      const found = await find(request, FILE);
      if (!('manifest' in found)) return refuse(reply, found);
      const error = await sendImageFile(request, reply.header('cache-control', cacheControlOf(found)), found, services);
      return error === null ? reply : refuse(reply, error);
    },
  });
}

function cacheControlOf({ manifest }: ServedImage): string {
  return manifest.public === true ? CACHE_CONTROL_PUBLIC : CACHE_CONTROL_PRIVATE;
}
