import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { traceIdOf } from '../../platform/trace-id.js';
import { BUDGET_HEADERS, type OperationContext } from '../admission/admission.js';
import { US_PER_COST } from '../admission/cost/operation-costs.js';
import type { GraphqlServer } from './graphql-server.js';
import { isOpenTo, type CachedOperation, type OperationName } from '../compiled/compiled-operations.js';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
type Headers = ReturnType<FastifyReply['getHeaders']>;
type Variables = Record<string, unknown>;

/** A request in the plainest form of GraphQL over HTTP: a POST of JSON without extensions. */
interface JsonRequest extends OperationName {
  variables: Variables;
}

/** Operations that cost more, which is some two milliseconds, begin in turn with those of other users. */
const MAX_UNQUEUED_COST = 2000 / US_PER_COST;
/** Values of Accept whose answers are known; browsers and clients send a handful. */
const MAX_ACCEPTS = 100;
const MAX_ACCEPT_LENGTH = 500;
const JSON_CONTENT_TYPE = /^application\/json(?:;\s*charset=utf-8)?$/i;
/** Headers that differ from answer to answer. */
const PER_RESPONSE_HEADERS = new Set(['content-length', 'x-request-id', 'date', ...BUDGET_HEADERS]);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonRequestOf({ method, headers }: IncomingMessage, body: unknown): JsonRequest | null {
  if (method !== 'POST' || !JSON_CONTENT_TYPE.test(headers['content-type'] ?? '') || !isRecord(body) || 'extensions' in body) return null;
  const { query: source, operationName = null, variables = null } = body;
  if (typeof source !== 'string' || (operationName !== null && typeof operationName !== 'string')) return null;
  return variables === null || isRecord(variables) ? { source, operationName, variables: variables ?? {} } : null;
}

/** A request that the fast path may answer. */
export interface FastRequest {
  request: JsonRequest;
  cached: CachedOperation;
  /** Names and values in turn. */
  headers: readonly string[];
}

/** A whole answer. */
export interface FastResponse {
  text: string;
  /** Names and values in turn. */
  headers: readonly string[];
}

/**
 * Answers operations that Apollo Server has answered before: the same sign-in, budget, limits and report, the same answer with
 * the same headers, and nothing in between. What is refused or fails here falls back to Apollo Server, which builds the error.
 */
export class FastPath {
  /** Headers of an answer without errors, by the Accept of its request, as Apollo Server gave them. */
  readonly #headers = new LRUCache<string, readonly string[]>({ max: MAX_ACCEPTS });
  readonly #contexts = new WeakMap<IncomingMessage, Promise<OperationContext>>();

  constructor(private readonly graphqlServer: GraphqlServer) {}

  /** Who asks; a request that fell back is not signed in, nor charged, twice. */
  async contextOf(request: IncomingMessage, requestId: string): Promise<OperationContext> {
    const known = this.#contexts.get(request);
    if (known !== undefined) return known;
    const { authorization, traceparent, 'content-length': bytes } = request.headers;
    const caller = { authorization, transport: 'http' as const, requestId, traceId: traceIdOf(traceparent), connection: request.socket };
    const signIn = this.graphqlServer.admission.signIn(caller, () => this.graphqlServer.addressOf(request), Number(bytes ?? 0));
    this.#contexts.set(request, signIn);
    return signIn;
  }

  /** Whether an answer to this request could be given here, as far as its headers tell. */
  knowsHeaders({ headers }: IncomingMessage): boolean {
    return this.#headers.has(headers.accept ?? '');
  }

  /** Null for what Apollo Server is to answer. */
  find(request: IncomingMessage, body: unknown): FastRequest | null {
    const headers = this.#headers.get(request.headers.accept ?? '');
    const plain = headers === undefined ? null : jsonRequestOf(request, body);
    const known = plain === null ? undefined : this.graphqlServer.compiled.find(plain);
    return headers === undefined || plain === null || known === undefined ? null : { request: plain, cached: known, headers };
  }

  /** The answer; null when Apollo Server is to give it, which never is after a mutation has begun. */
  async respond(raw: IncomingMessage, requestId: string, { request, cached: known, headers }: FastRequest): Promise<FastResponse | null> {
    const context = await this.#admitted(raw, requestId, { request, cached: known });
    if (context === null) return null;
    const text = await (known.query === null ? this.#change(known, context, request) : this.#read(known, context));
    return text === null ? null : { text, headers: [...headers, ...this.graphqlServer.admission.budgetHeaders(context)] };
  }

  /** Null for what is refused. */
  async #admitted(raw: IncomingMessage, requestId: string, { request, cached: known }: Omit<FastRequest, 'headers'>): Promise<OperationContext | null> {
    try {
      const context = await this.contextOf(raw, requestId);
      if (known.query === null && !isOpenTo(known, context.container.viewer)) return null;
      const { admission } = this.graphqlServer;
      admission.admit(known.document, known.operation, request.variables, context);
      if ((context.charges.cost?.total ?? 0) > MAX_UNQUEUED_COST) await admission.fairQueue.wait(context.container.viewer.username);
      return context;
    } catch {
      // Apollo Server meets the same refusal again, and words it.
      return null;
    }
  }

  async #read(known: CachedOperation, context: OperationContext): Promise<string | null> {
    try {
      const data = await this.graphqlServer.compiled.execute(known, context);
      if (data === null) return null;
      this.graphqlServer.report.finish({ context, operation: known.operation, errors: undefined });
      return `${JSON.stringify({ data, extensions: this.graphqlServer.admission.settleCost(context) })}\n`;
    } catch {
      // What fails is worded by graphql-js, behind Apollo Server.
      return null;
    }
  }

  async #change({ document, operation }: CachedOperation, contextValue: OperationContext, { operationName, variables }: JsonRequest): Promise<string> {
    const { pipeline: operations, schema } = this.graphqlServer;
    const result = await operations.execute({ schema, document, operation, operationName, contextValue, variableValues: variables });
    return `${JSON.stringify(result)}\n`;
  }

  /** For requests that reach Fastify; `fallback` is the way through Apollo Server. */
  handler(fallback: Handler): Handler {
    return async (request, reply) => {
      const fast = this.find(request.raw, request.body);
      const answer = fast === null ? null : await this.respond(request.raw, request.id, fast);
      if (answer !== null) {
        for (let at = 0; at < answer.headers.length; at += 2) reply.header(answer.headers[at] ?? '', answer.headers[at + 1]);
        return answer.text;
      }
      const before = reply.getHeaders();
      const payload = await fallback(request, reply);
      if (reply.statusCode === 200 && !reply.sent) this.#learn(request.headers.accept ?? '', before, reply.getHeaders());
      return payload;
    };
  }

  /** What others set, such as the origins that may read the answer, they set on each request by themselves. */
  #learn(accept: string, before: Headers, after: Headers): void {
    if (this.#headers.has(accept) || accept.length > MAX_ACCEPT_LENGTH) return;
    const added = Object.entries(after).filter(([name]) => !PER_RESPONSE_HEADERS.has(name) && !Object.hasOwn(before, name));
    this.#headers.set(accept, added.flatMap(([name, value]) => [name, String(value)]));
  }
}
