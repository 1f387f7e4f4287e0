import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { traceIdOf } from '../platform/trace-id.js';
import type { DoorContext } from './admission/admission.js';
import type { GraphqlDoor } from './door.js';
import type { MutationPlan, Plan, QueryPlan } from './known-operations.js';
import { costShown } from './operations.js';
import type { VariableValues } from './admission/variables.js';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
type Headers = ReturnType<FastifyReply['getHeaders']>;
type Variables = Record<string, unknown>;

interface Body {
  query: string;
  operationName?: string | null;
  variables?: Variables | null;
}

/** Values of Accept whose answers are known; browsers and clients send a handful. */
const MOST_ACCEPTS = 100;
const PLAIN_JSON = /^application\/json(?:;\s*charset=utf-8)?$/i;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The body if it is the plainest of GraphQL requests; everything else is for Apollo Server to judge. */
function plainBody({ method, headers }: IncomingMessage, body: unknown): Body | null {
  if (method !== 'POST' || !PLAIN_JSON.test(headers['content-type'] ?? '') || !isRecord(body)) return null;
  const { query, operationName, variables } = body;
  if (typeof query !== 'string' || (operationName !== undefined && operationName !== null && typeof operationName !== 'string')) return null;
  if (variables !== undefined && variables !== null && !isRecord(variables)) return null;
  return 'extensions' in body ? null : { query, operationName: operationName ?? null, variables: variables ?? null };
}

/** A request whose answer takes the short way. */
export interface KnownRequest {
  plan: Plan;
  variables: Variables;
  /** Names and values in turn. */
  headers: readonly string[];
}

interface Admitted {
  context: DoorContext;
  values: VariableValues;
}

/**
 * The short way for operations that Apollo Server has admitted and answered before: the same sign-in, rate, limits and report,
 * the same answer with the same headers, and nothing in between. Whatever is refused or fails on it takes the long way,
 * which words it.
 */
export class QuickDoor {
  /** Headers of an answer without errors, by the Accept of its request, as Apollo Server gave them. */
  readonly #headers = new Map<string, readonly string[]>();
  readonly #contexts = new WeakMap<IncomingMessage, Promise<DoorContext>>();

  constructor(private readonly door: GraphqlDoor) {}

  /** Who asks; a request that the short way gave up is not signed in, nor counted, twice. */
  async contextOf(request: IncomingMessage, requestId: string): Promise<DoorContext> {
    const known = this.#contexts.get(request);
    if (known !== undefined) return known;
    const { authorization, traceparent } = request.headers;
    const caller = { authorization, transport: 'http' as const, requestId, traceId: traceIdOf(traceparent) };
    return this.door.admission.signIn(caller, () => this.door.addressOf(request));
  }

  /** Whether the headers of its answer are known. */
  knowsHeaders({ headers }: IncomingMessage): boolean {
    return this.#headers.has(headers.accept ?? '');
  }

  /** Null for what takes the long way. */
  known(request: IncomingMessage, body: unknown): KnownRequest | null {
    const plain = plainBody(request, body);
    const headers = this.#headers.get(request.headers.accept ?? '');
    if (plain === null || headers === undefined) return null;
    const plan = this.door.known.find({ text: plain.query, operationName: plain.operationName });
    return plan === undefined ? null : { plan, variables: plain.variables ?? {}, headers };
  }

  /** The whole answer; null when the long way is to give it, which never is after a mutation has begun. */
  async answer(request: IncomingMessage, requestId: string, { plan, variables }: KnownRequest): Promise<string | null> {
    const admitted = await this.#admitted(request, requestId, { plan, variables });
    if (admitted === null) return null;
    const { context, values } = admitted;
    return plan.kind === 'query' ? this.#read(plan, context, { variables, values }) : this.#change(plan, context, variables);
  }

  /** Null for what is refused. */
  async #admitted(request: IncomingMessage, requestId: string, { plan, variables }: Omit<KnownRequest, 'headers'>): Promise<Admitted | null> {
    try {
      const signIn = this.contextOf(request, requestId);
      this.#contexts.set(request, signIn);
      const context = await signIn;
      if (!plan.isOpenTo(context.scope.viewer, variables)) return null;
      return { context, values: this.door.admission.demandRunnable(plan.document, plan.operation, variables, context) };
    } catch {
      // Whatever it was, the long way meets it again and knows what to tell.
      return null;
    }
  }

  async #read({ write, operation }: QueryPlan, context: DoorContext, { variables, values }: { variables: Variables; values: VariableValues }): Promise<string | null> {
    try {
      const data = await write(context, variables, values);
      if (data === null) return null;
      this.door.report.finish({ context, operation, errors: undefined });
      const extensions = costShown(context);
      return `{"data":${data}${extensions === undefined ? '' : `,"extensions":${JSON.stringify(extensions)}`}}\n`;
    } catch {
      // What fails is worded by graphql-js, on the long way.
      return null;
    }
  }

  async #change({ schema, document, operation }: MutationPlan, contextValue: DoorContext, variableValues: Variables): Promise<string> {
    const result = await this.door.operations.execute({ schema, document, operation, operationName: operation.name?.value, contextValue, variableValues });
    return `${JSON.stringify(result)}\n`;
  }

  /** For requests that reach Fastify; `long` is the way through Apollo Server. */
  handler(long: Handler): Handler {
    return async (request, reply) => {
      const known = this.known(request.raw, request.body);
      const answer = known === null ? null : await this.answer(request.raw, request.id, known);
      if (answer !== null && known !== null) {
        for (let at = 0; at < known.headers.length; at += 2) reply.header(known.headers[at] ?? '', known.headers[at + 1]);
        return answer;
      }
      const before = reply.getHeaders();
      const payload = await long(request, reply);
      if (reply.statusCode === 200 && !reply.sent) this.#learn(request.headers.accept ?? '', before, reply.getHeaders());
      return payload;
    };
  }

  /** What others set, such as the origins that may read the answer, they set on each request by themselves. */
  #learn(accept: string, before: Headers, after: Headers): void {
    if (this.#headers.has(accept) || this.#headers.size >= MOST_ACCEPTS || accept.length > 500) return;
    const added = Object.entries(after).filter(([name]) => name !== 'content-length' && !(name in before));
    this.#headers.set(accept, added.flatMap(([name, value]) => [name, String(value)]));
  }
}
