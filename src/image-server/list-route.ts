import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { datePublications, hasUndatedImages } from '../images/manifest/date-publications.js';
import { type ImgapiError, imageNotFound, imgapiError } from '../imgapi/errors.js';
import type { Database, SqlEntityManager } from '../platform/database/database.js';
import { readListVersion } from './catalogue.js';
import { CACHE_CONTROL_PRIVATE, CACHE_CONTROL_PUBLIC, matchesEtag, listEtag } from './http-caching.js';
import { EventLoopQueue } from '../platform/scheduling/event-loop-queue.js';
import { ListRateLimiter } from './list-rate-limiter.js';
import { listImages, startOf } from './list-images.js';
import { readListQuery } from './list-query.js';
import type { QueryParameters } from './query-parameters.js';

/** How long a client may read nothing of a list before its connection is closed. */
const STALL_TIMEOUT_MS = 60_000;

/** Handles ListImages: streams the list in the order of the database, within the rate limit of the client's address. */
export class ListRoute {
  readonly #queue = new EventLoopQueue();
  readonly #rateLimiter = new ListRateLimiter();
  #dating: Promise<void> | null = null;

  constructor(private readonly database: Database) {}

  /** Returns the error to answer with, or null once the response is being sent. */
  async handle(request: FastifyRequest<{ Querystring: QueryParameters }>, reply: FastifyReply, isTrusted: boolean): Promise<ImgapiError | null> {
    const list = this.#rateLimiter.admit(request.ip, isTrusted);
    if ('reason' in list) {
      void reply.header('retry-after', String(list.retryAfter));
      return imgapiError('RequestThrottled', `${list.reason}; ask again in ${list.retryAfter} s`);
    }
    // 'close' also follows an error response and a client that goes away.
    reply.raw.once('close', list.end);
    if (reply.raw.destroyed) list.end();
    const parameters = request.query;
    const query = readListQuery(parameters);
    if ('status' in query) return query;
    const em = this.database.em.fork();
    await this.#setMissingDates(em);
    // Read the version before the images: a change in between makes the tag stale, so that the next list is sent anew.
    const etag = listEtag(await readListVersion(em), parameters, isTrusted);
    const start = await startOf({ em, query, isTrusted });
    if (start === null) return imageNotFound(String(query.marker));
    void reply.headers({ etag: `"${etag}"`, 'cache-control': isTrusted ? CACHE_CONTROL_PRIVATE : CACHE_CONTROL_PUBLIC }).type('application/json');
    if (matchesEtag(request, etag)) void reply.code(304).send();
    else if (request.method === 'HEAD') void reply.send(Readable.from([]));
    else {
      reply.raw.setTimeout(STALL_TIMEOUT_MS);
      void reply.send(Readable.from(listImages({ em, query, isTrusted, queue: this.#queue, onStep: list.spend }, start)));
    }
    return null;
  }

  /** Sets the missing publication dates, without which images would be missing from the list; concurrent requests share one run. */
  async #setMissingDates(em: SqlEntityManager): Promise<void> {
    if (this.#dating === null && !(await hasUndatedImages(em))) return;
    this.#dating ??= datePublications(em).finally(() => (this.#dating = null));
    await this.#dating;
  }
}
