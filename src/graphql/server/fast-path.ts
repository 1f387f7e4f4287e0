import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import { traceIdOf } from '../../platform/trace-id.js';
import { BUDGET_HEADERS, type OperationContext } from '../admission/admission.js';
import { US_PER_COST } from '../admission/cost/operation-costs.js';
import type { GraphqlServer } from './graphql-server.js';
import { isRecord } from './parse-request.js';
import { isOpenTo, type CachedOperation, type OperationName } from '../compiled/compiled-operations.js';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
type Headers = ReturnType<FastifyReply['getHeaders']>;
type Variables = Record<string, unknown>;

/** A request in the simplest form of GraphQL over HTTP: a POST of JSON without extensions. */
interface JsonRequest extends OperationName {
  variables: Variables;
}

/** Operations that cost more, about two milliseconds, wait in the fair queue. */
const MAX_UNQUEUED_COST = 2000 / US_PER_COST;
/** Cached values of Accept; browsers and clients send only a handful of different ones. */
const MAX_ACCEPTS = 100;
const MAX_ACCEPT_LENGTH = 500;
const JSON_CONTENT_TYPE = /^application\/json(?:;\s*charset=utf-8)?$/i;
/** Headers that differ from response to response, and so are not cached. */
const PER_RESPONSE_HEADERS = new Set(['content-length', 'x-request-id', 'date', ...BUDGET_HEADERS]);

function jsonRequestOf({ method, headers }: IncomingMessage, body: unknown): JsonRequest | null {
  if (method !== 'POST' || !JSON_CONTENT_TYPE.test(headers['content-type'] ?? '') || !isRecord(body) || 'extensions' in body) return null;
  const { query: source, operationName = null, variables = null } = body;
  if (typeof source !== 'string' || (operationName !== null && typeof operationName !== 'string')) return null;
  return variables === null || isRecord(variables) ? { source, operationName, variables: variables ?? {} } : null;
}

/** A request that the fast path can answer. */
export interface FastRequest {
  request: JsonRequest;
  cached: CachedOperation;
  /** A flat list of names and values. */
  headers: readonly string[];
}

/** A complete response with status 200. */
export interface FastResponse {
  text: string;
  /** A flat list of names and values. */
  headers: readonly string[];
}

/**
 * Answers operations that Apollo Server has answered before, with the same sign-in, budget, limits and report and the same body
 * and headers, but without Apollo Server. Whatever is refused or fails here falls back to Apollo Server, which builds the error.
 */
export class FastPath {
  /** The headers that Apollo Server set on a response without errors, by the Accept header of its request. */
  readonly #headers = new BoundedCache<string, readonly string[]>({ max: MAX_ACCEPTS });
  readonly #contexts = new WeakMap<IncomingMessage, Promise<OperationContext>>();

  constructor(private readonly graphqlServer: GraphqlServer) {}

  /** Signs the caller in, once per request: a request that falls back is not charged twice. */
  async contextOf(request: IncomingMessage, requestId: string): Promise<OperationContext> {
    const existing = this.#contexts.get(request);
    if (existing !== undefined) return existing;
    const { authorization, traceparent, 'content-length': bytes } = request.headers;
    const caller = { authorization, transport: 'http' as const, requestId, traceId: traceIdOf(traceparent), connection: request.socket };
    const signIn = this.graphqlServer.admission.signIn(caller, () => this.graphqlServer.addressOf(request), Number(bytes ?? 0));
    this.#contexts.set(request, signIn);
    return signIn;
  }

  /** Whether the fast path may be able to answer, as far as the headers tell. */
  knowsHeaders({ headers }: IncomingMessage): boolean {
    return this.#headers.has(headers.accept ?? '');
  }

  /** Looks the operation up in the cache; null for a request that Apollo Server must answer. */
  find(request: IncomingMessage, body: unknown): FastRequest | null {
    const headers = this.#headers.get(request.headers.accept ?? '');
    const json = headers === undefined ? null : jsonRequestOf(request, body);
    const cached = json === null ? undefined : this.graphqlServer.compiled.find(json);
    return headers === undefined || json === null || cached === undefined ? null : { request: json, cached, headers };
  }

  /** Returns the response, or null when Apollo Server must answer; never null once a mutation has begun. */
  async respond(raw: IncomingMessage, requestId: string, { request, cached, headers }: FastRequest): Promise<FastResponse | null> {
    const context = await this.#admit(raw, requestId, { request, cached });
    if (context === null) return null;
    const text = await (cached.query === null ? this.#mutate(cached, context, request) : this.#query(cached, context));
    return text === null ? null : { text, headers: [...headers, ...this.graphqlServer.admission.budgetHeaders(context)] };
  }

  /** Returns null for a refusal. */
  async #admit(raw: IncomingMessage, requestId: string, { request, cached }: Omit<FastRequest, 'headers'>): Promise<OperationContext | null> {
    try {
      const context = await this.contextOf(raw, requestId);
      if (cached.query === null && !isOpenTo(cached, context.container.viewer)) return null;
      const { admission } = this.graphqlServer;
      admission.admit(cached.document, cached.operation, request.variables, context);
      if ((context.charges.cost?.total ?? 0) > MAX_UNQUEUED_COST) await admission.fairQueue.wait(context.container.viewer.username);
      return context;
    } catch {
      // Apollo Server runs into the same refusal and builds the error.
      return null;
    }
  }

  async #query(cached: CachedOperation, context: OperationContext): Promise<string | null> {
    try {
      const data = await this.graphqlServer.compiled.execute(cached, context);
      if (data === null) return null;
      this.graphqlServer.report.finish({ context, operation: cached.operation, errors: undefined });
      return `${JSON.stringify({ data, extensions: this.graphqlServer.admission.settleCost(context) })}\n`;
    } catch {
      // Apollo Server executes it again with graphql-js, which builds the error.
      return null;
    }
  }

  async #mutate({ document, operation }: CachedOperation, contextValue: OperationContext, { operationName, variables }: JsonRequest): Promise<string> {
    const { pipeline, schema } = this.graphqlServer;
    const result = await pipeline.execute({ schema, document, operation, operationName, contextValue, variableValues: variables });
    return `${JSON.stringify(result)}\n`;
  }

  /** Makes the handler of requests that reach Fastify; `fallback` goes through Apollo Server. */
  handler(fallback: Handler): Handler {
    return async (request, reply) => {
      const fast = this.find(request.raw, request.body);
      const response = fast === null ? null : await this.respond(request.raw, request.id, fast);
      if (response !== null) {
        for (let at = 0; at < response.headers.length; at += 2) reply.header(response.headers[at] ?? '', response.headers[at + 1]);
        return response.text;
      }
      const before = reply.getHeaders();
      const payload = await fallback(request, reply);
      if (reply.statusCode === 200 && !reply.sent) this.#cacheHeaders(request.headers.accept ?? '', before, reply.getHeaders());
      return payload;
    };
  }

  /** Caches only the headers that Apollo Server added: those of hooks, such as CORS, depend on the request and are set again. */
  #cacheHeaders(accept: string, before: Headers, after: Headers): void {
    if (this.#headers.has(accept) || accept.length > MAX_ACCEPT_LENGTH) return;
    const added = Object.entries(after).filter(([name]) => !PER_RESPONSE_HEADERS.has(name) && !Object.hasOwn(before, name));
    this.#headers.set(accept, added.flatMap(([name, value]) => [name, String(value)]));
  }
}
