import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { internalError } from '../../platform/http/http-faults.js';
import { isHost, requestIdOf } from '../../platform/http/http.js';
import { NEVER_STORED } from '../../platform/http/response-headers.js';
import type { FastPath } from './fast-path.js';

const PATH = '/graphql';
/** What a hook of Fastify sets on the answers that do not come from here. */
const HOOKED_HEADERS = NEVER_STORED.flat();
/** What is longer is seldom a query that comes again. */
const MAX_BODY_BYTES = 64 * 1024;

/** Only requests that say how long they are, in plain JSON, and ask for nothing that a hook of Fastify has to see to. */
function isSimplePost({ method, url, headers }: IncomingMessage): boolean {
  if (method !== 'POST' || url !== PATH || headers['transfer-encoding'] !== undefined || headers['content-encoding'] !== undefined) return false;
  return Number(headers['content-length']) <= MAX_BODY_BYTES && isHost(headers.host);
}

/**
 * Answers what the fast path knows before Fastify, whose way through hooks and streams takes as long as a small query.
 * Everything else goes on to Fastify, its body with it.
 */
export class HttpInterceptor {
  readonly #bodies = new WeakMap<IncomingMessage, Buffer>();
  readonly #parse: ReturnType<FastifyInstance['getDefaultJsonParser']>;

  /** `isOpen` is false where a hook of Fastify has to see the request; an answer that is ready by then is the last of its connection. */
  constructor(
    app: FastifyInstance,
    private readonly fast: FastPath,
    private readonly isOpen: (request: IncomingMessage) => boolean,
    private readonly log: Logger,
  ) {
    this.#parse = app.getDefaultJsonParser('error', 'error');
  }

  /** Answers the request, or calls `next`. */
  intercept(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    if (request.headers.authorization !== undefined && this.isOpen(request) && isSimplePost(request) && this.fast.knowsHeaders(request)) this.#take(request, response, next);
    else next();
  }

  /** For the route: what was read here is read there again. Undefined for a request that was not read here. */
  bodyOf({ raw }: FastifyRequest): Readable | undefined {
    const body = this.#bodies.get(raw);
    return body === undefined ? undefined : Readable.from([body], { objectMode: false });
  }

  #take(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const [only] = chunks;
      const body = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
      void this.#answerOr(next, request, response, body);
    });
  }

  async #answerOr(next: () => void, request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    try {
      if (await this.#answer(request, response, body)) return;
    } catch (error) {
      this.#fail(error, request, response);
      return;
    }
    this.#bodies.set(request, body);
    next();
  }

  /** Nothing else is left to answer: a mutation may have been carried out. */
  #fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const requestId = requestIdOf(request);
    this.log.error({ err: error, requestId }, 'A request failed.');
    if (response.headersSent) response.destroy();
    else response.writeHead(500, [...HOOKED_HEADERS, 'content-type', 'application/json; charset=utf-8', 'x-request-id', requestId, 'connection', 'close']).end(JSON.stringify({ errors: [internalError(requestId)] }));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean> {
    const fast = this.fast.find(request, this.#parsed(request, body));
    if (fast === null) return false;
    const requestId = requestIdOf(request);
    // Whoever goes on with the request gives it the same.
    request.headers['x-request-id'] = requestId;
    const answer = await this.fast.respond(request, requestId, fast);
    if (answer === null) return false;
    const { text, headers } = answer;
    const length = Buffer.byteLength(text);
    const ending = this.isOpen(request) ? [] : ['connection', 'close'];
    response.writeHead(200, [...headers, ...HOOKED_HEADERS, 'x-request-id', requestId, 'content-length', String(length), ...ending]);
    // A byte for each character is written without a look at each.
    response.end(text, length === text.length ? 'latin1' : 'utf8');
    return true;
  }

  /** Undefined for what is no JSON, or would reach into prototypes: Fastify refuses it. */
  #parsed(request: IncomingMessage, body: Buffer): unknown {
    let parsed: unknown;
    const done = (error: Error | null, value?: unknown): void => {
      parsed = error === null ? value : undefined;
    };
    void this.#parse({ headers: request.headers } as FastifyRequest, body.toString(), done as never);
    return parsed;
  }
}
