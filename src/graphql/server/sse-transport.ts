import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../platform/errors.js';
import { traceIdOf } from '../../platform/trace-id.js';
import type { OperationContext } from '../admission/admission.js';
import type { GraphqlServer } from './graphql-server.js';
import { PublicErrors, statusOf } from '../pipeline/public-errors.js';
import type { OperationRequest } from '../pipeline/operation-pipeline.js';
import { parseRequest } from './parse-request.js';
import type { Sink } from '../pipeline/shared-streams.js';

const PING_MS = 12_000;
/** What may wait to be written to one reader. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Time for a slow reader to read what waits before it is cut off. */
const SLOW_READER_MS = 10_000;

/** Whether the answer is to be a stream of server-sent events: asked for alone, or for a subscription. */
export function wantsStream({ headers, body, query: search }: FastifyRequest): boolean {
  const accept = headers.accept ?? '';
  if (!accept.includes('text/event-stream')) return false;
  if (!/json|\*\/\*/.test(accept)) return true;
  const { query } = (body ?? search ?? {}) as { query?: unknown };
  return typeof query === 'string' && /\bsubscription\b/.test(query);
}

/** One answer as it is being written, in the distinct connections mode of GraphQL over SSE. */
class EventStream implements Sink {
  readonly #ping: NodeJS.Timeout;

  constructor(
    private readonly raw: ServerResponse,
    headers: OutgoingHttpHeaders,
    private readonly log: GraphqlServer['log'],
  ) {
    raw.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      // The stream is the last answer on its connection, so that a stop need not wait for it.
      connection: 'close',
    });
    raw.write(':\n\n');
    // A reader that takes not even the last ping is gone, or too slow to be kept.
    this.#ping = setInterval(() => (raw.writableNeedDrain ? this.#endSlowReader() : raw.write(':\n\n')), PING_MS);
    raw.once('close', () => clearInterval(this.#ping));
  }

  next(json: string): void {
    if (this.raw.writableEnded) return;
    if (this.raw.writableLength > MAX_BUFFERED_BYTES) this.#endSlowReader();
    else this.#write(json);
  }

  end(error: PublicErrors | null): void {
    clearInterval(this.#ping);
    if (this.raw.writableEnded) return;
    if (error !== null) this.#write(JSON.stringify({ errors: error.errors, extensions: error.response.extensions }));
    this.raw.end('event: complete\ndata: \n\n');
  }

  #write(json: string): void {
    this.raw.write(`event: next\ndata: ${json}\n\n`);
  }

  /** What waits may still be read, with the reason behind it; then the connection is cut off. */
  #endSlowReader(): void {
    this.log.info({ transport: 'sse' }, 'A reader was too slow and is cut off.');
    this.end(new PublicErrors([{ message: 'The stream was read too slowly: 1 MiB waits to be read, or what came 12 s ago. Read the present state and subscribe again.', extensions: { code: 'SLOW_READER' } }]));
    const cut = setTimeout(() => this.raw.destroy(), SLOW_READER_MS).unref();
    this.raw.once('close', () => clearTimeout(cut));
  }
}

/** Resolves once it runs, or has ended. */
async function run(graphqlServer: GraphqlServer, request: OperationRequest, context: OperationContext, { raw, request: { method } }: FastifyReply, stream: EventStream): Promise<void> {
  try {
    const admitted = await graphqlServer.pipeline.admit(request, context);
    const { operation } = admitted.operation;
    if (method === 'GET' && operation === 'mutation') throw new AppError('BAD_REQUEST', 'A GET changes nothing; send a mutation by POST.');
    const result = operation === 'subscription' ? await graphqlServer.pipeline.subscribe(admitted, stream) : await graphqlServer.pipeline.execute(admitted);
    if (typeof result === 'function') {
      if (raw.destroyed) result();
      else raw.once('close', result);
      return;
    }
    stream.next(JSON.stringify(result));
    stream.end(null);
  } catch (error) {
    stream.end(error instanceof PublicErrors ? error : graphqlServer.pipeline.refusal(error, context));
  }
}

/** Answers with a stream: GraphQL over SSE. What is refused before the operation is read is a plain answer with its status. */
export function streamHandler(graphqlServer: GraphqlServer) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { authorization, traceparent } = request.headers;
    const caller = { authorization, transport: 'sse' as const, requestId: request.id, traceId: traceIdOf(traceparent), connection: request.raw.socket };
    try {
      if (!graphqlServer.isOriginAllowed(request.raw)) {
        throw new AppError('FORBIDDEN', `Pages of ${request.headers.origin} may not open streams here; ALLOWED_ORIGINS names those that may.`);
      }
      const context = await graphqlServer.admission.signIn(caller, () => graphqlServer.addressOf(request.raw), Number(request.headers['content-length'] ?? 0));
      const operation = parseRequest(request);
      const leave = graphqlServer.connectionQuota.acquire(context.container.viewer.username);
      if (leave === null) throw new AppError('TOO_MANY_OPERATIONS', 'You have as many sockets and streams open as one user may; close some of them.');
      const headers = graphqlServer.admission.budgetHeaders(context);
      for (let at = 0; at < headers.length; at += 2) reply.header(headers[at] ?? '', headers[at + 1]);
      reply.hijack();
      reply.raw.once('close', leave);
      serve(graphqlServer, operation, context, reply);
      return reply;
    } catch (error) {
      const { errors, response: { extensions, headers = [] } } = graphqlServer.pipeline.refusal(error, { ...caller, startedAt: performance.now() });
      for (let at = 0; at < headers.length; at += 2) reply.header(headers[at] ?? '', headers[at + 1]);
      const { code, retryAfter } = errors[0]?.extensions ?? {};
      if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter));
      const status = code === 'FORBIDDEN' ? 403 : code === 'INTERNAL_SERVER_ERROR' ? 500 : statusOf(String(code));
      return reply.code(status).send({ errors, extensions });
    }
  };
}

function serve(graphqlServer: GraphqlServer, operation: OperationRequest, context: OperationContext, reply: FastifyReply): void {
  const { raw } = reply;
  const stream = new EventStream(raw, reply.getHeaders() as OutgoingHttpHeaders, graphqlServer.log);
  const stop = (): void => stream.end(null);
  graphqlServer.openStreams.add(stop);
  graphqlServer.metrics.opened('sse');
  raw.once('close', () => {
    graphqlServer.openStreams.delete(stop);
    graphqlServer.metrics.closed('sse');
  });
  void run(graphqlServer, operation, context, reply, stream);
}
