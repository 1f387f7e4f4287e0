import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { datePublications, hasUndatedImages } from '../images/manifest/date-publications.js';
import { type ImgapiError, imageNotFound, imgapiErrorOf } from '../imgapi/errors.js';
import type { Database, SqlEntityManager } from '../platform/database/database.js';
import { readListVersion } from './catalogue.js';
import { CACHE_CONTROL_PRIVATE, CACHE_CONTROL_PUBLIC, matchesEtag, listEtag } from './http-caching.js';
import { EventLoopQueue } from '../platform/scheduling/event-loop-queue.js';
import { ListRateLimiter } from './list-rate-limiter.js';
import { listImages, startOf } from './list-images.js';
import { readListQuery } from './list-query.js';
import type { QueryParameters } from './query-parameters.js';

/** How long a reader may take nothing of a list before its connection is closed. */
const STALLED_MS = 60_000;

/** Answers ListImages: in the order of the database, as a stream, and within what one client address may ask. */
export class ListRoute {
  readonly #turns = new EventLoopQueue();
  readonly #bounds = new ListRateLimiter();
  #dating: Promise<void> | null = null;

  constructor(private readonly database: Database) {}

  /** The error to answer, or null once the reply is on its way. */
  async answer(request: FastifyRequest, reply: FastifyReply, isTrusted: boolean): Promise<ImgapiError | null> {
    const list = this.#bounds.admit(request.ip, isTrusted);
    if ('reason' in list) {
      void reply.header('retry-after', String(list.retryAfter));
      return imgapiErrorOf('RequestThrottled', `${list.reason}; ask again in ${list.retryAfter} s`);
    }
    // Also when the reader goes away, and when the answer is an error.
    reply.raw.once('close', list.end);
    if (reply.raw.destroyed) list.end();
    const parameters = request.query as QueryParameters;
    const query = readListQuery(parameters);
    if ('status' in query) return query;
    const em = this.database.em.fork();
    await this.#dateAll(em);
    // Read before the images are: a change in between makes the tag too old, and the next list comes anew.
    const etag = listEtag(await readListVersion(em), parameters, isTrusted);
    const start = await startOf({ em, query, isTrusted });
    if (start === null) return imageNotFound(String(query.marker));
    void reply.headers({ etag: `"${etag}"`, 'cache-control': isTrusted ? CACHE_CONTROL_PRIVATE : CACHE_CONTROL_PUBLIC }).type('application/json');
    if (matchesEtag(request, etag)) void reply.code(304).send();
    else if (request.method === 'HEAD') void reply.send(Readable.from([]));
    else {
      reply.raw.setTimeout(STALLED_MS);
      void reply.send(Readable.from(listImages({ em, query, isTrusted, queue: this.#turns, onStep: list.spend }, start)));
    }
    return null;
  }

  /** Images without a date would be missing, so that they are dated first, once for all who wait for it. */
  async #dateAll(em: SqlEntityManager): Promise<void> {
    if (this.#dating === null && !(await hasUndatedImages(em))) return;
    this.#dating ??= datePublications(em).finally(() => (this.#dating = null));
    await this.#dating;
  }
}
