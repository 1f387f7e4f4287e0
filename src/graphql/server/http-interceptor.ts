import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { internalError } from '../../platform/http/http-faults.js';
import { isHost, requestIdOf } from '../../platform/http/http.js';
import { NO_STORE } from '../../platform/http/response-headers.js';
import type { FastPath } from './fast-path.js';

const PATH = '/graphql';
/** The headers that a Fastify hook sets on responses that take the normal route. */
const HOOKED_HEADERS = NO_STORE.flat();
/** A longer body is seldom a query that was sent before. */
const MAX_BODY_BYTES = 64 * 1024;

/** Whether the request is a POST to /graphql with a known, short length and no encoding, which no Fastify hook needs to see. */
function isSimplePost({ method, url, headers }: IncomingMessage): boolean {
  if (method !== 'POST' || url !== PATH || headers['transfer-encoding'] !== undefined || headers['content-encoding'] !== undefined) return false;
  return Number(headers['content-length']) <= MAX_BODY_BYTES && isHost(headers.host);
}

/**
 * Answers requests through the fast path before Fastify sees them: Fastify's hooks and streams take as long as a small query.
 * Passes every other request on to Fastify, together with the body it has read.
 */
export class HttpInterceptor {
  readonly #bodies = new WeakMap<IncomingMessage, Buffer>();
  readonly #parser: ReturnType<FastifyInstance['getDefaultJsonParser']>;

  /** `mayBypassHooks` is false when a Fastify hook must see the request; if it turns false during a request, the response ends the connection. */
  constructor(
    app: FastifyInstance,
    private readonly fastPath: FastPath,
    private readonly mayBypassHooks: (request: IncomingMessage) => boolean,
    private readonly log: Logger,
  ) {
    this.#parser = app.getDefaultJsonParser('error', 'error');
  }

  /** Answers the request, or calls `next`. */
  intercept(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    if (request.headers.authorization !== undefined && this.mayBypassHooks(request) && isSimplePost(request) && this.fastPath.knowsHeaders(request)) this.#readBody(request, response, next);
    else next();
  }

  /** Replays the body to the Fastify route; undefined for a request whose body was not read here. */
  bodyOf({ raw }: FastifyRequest): Readable | undefined {
    const body = this.#bodies.get(raw);
    return body === undefined ? undefined : Readable.from([body], { objectMode: false });
  }

  #readBody(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const [only] = chunks;
      const body = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
      void this.#respondOr(next, request, response, body);
    });
  }

  async #respondOr(next: () => void, request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    try {
      if (await this.#respond(request, response, body)) return;
    } catch (error) {
      this.#fail(error, request, response);
      return;
    }
    this.#bodies.set(request, body);
    next();
  }

  /** Answers with a 500 rather than falling back, because a mutation may have run already. */
  #fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const requestId = requestIdOf(request);
    this.log.error({ err: error, requestId }, 'A request failed.');
    if (response.headersSent) response.destroy();
    else response.writeHead(500, [...HOOKED_HEADERS, 'content-type', 'application/json; charset=utf-8', 'x-request-id', requestId, 'connection', 'close']).end(JSON.stringify({ errors: [internalError(requestId)] }));
  }

  async #respond(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean> {
    const fast = this.fastPath.find(request, this.#parseJson(request, body));
    if (fast === null) return false;
    const requestId = requestIdOf(request);
    // Fastify takes the request id from here if the request falls back.
    request.headers['x-request-id'] = requestId;
    const answer = await this.fastPath.respond(request, requestId, fast);
    if (answer === null) return false;
    const { text, headers } = answer;
    const length = Buffer.byteLength(text);
    const connection = this.mayBypassHooks(request) ? [] : ['connection', 'close'];
    response.writeHead(200, [...headers, ...HOOKED_HEADERS, 'x-request-id', requestId, 'content-length', String(length), ...connection]);
    // For pure ASCII, latin1 gives the same bytes without inspecting each character.
    response.end(text, length === text.length ? 'latin1' : 'utf8');
    return true;
  }

  /** Parses the body as Fastify does; undefined for malformed JSON and for keys such as __proto__, which Fastify refuses. */
  #parseJson(request: IncomingMessage, body: Buffer): unknown {
    let parsed: unknown;
    const done = (error: Error | null, value?: unknown): void => {
      parsed = error === null ? value : undefined;
    };
    // Casts: Fastify's default parser never reads the request, and calls back at once; its type allows for parsers that do otherwise.
    void this.#parser({ headers: request.headers } as FastifyRequest, body.toString(), done as never);
    return parsed;
  }
}
