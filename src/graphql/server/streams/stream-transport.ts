import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../platform/errors.js';
import { traceIdOf } from '../../../platform/trace-id.js';
import type { OperationContext } from '../../admission/admission.js';
import type { GraphqlServer } from '../graphql-server.js';
import { PublicErrors, statusOf } from '../../pipeline/public-errors.js';
import type { OperationRequest } from '../../pipeline/operation-pipeline.js';
import { parseRequest } from '../parse-request.js';
import type { Sink } from '../../pipeline/shared-stream.js';
import { ReadProgress } from '../read-progress.js';
import type { StreamFormat } from './stream-format.js';

const PING_MS = 12_000;
/** While more bytes than these wait to be read, nothing more is written. */
const MOST_WAITING_BYTES = 256 * 1024;
/** How long a reader that has read nothing may take to read what waits before it is cut off. */
const CUT_OFF_MS = 10_000;

/** Writes one response as a stream of results. */
class EventStream implements Sink {
  readonly #ping: NodeJS.Timeout;

  constructor(
    private readonly raw: ServerResponse,
    headers: OutgoingHttpHeaders,
    private readonly format: StreamFormat,
    private readonly log: GraphqlServer['log'],
  ) {
    raw.writeHead(200, {
      ...headers,
      'content-type': format.contentType,
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      // Ends the connection with the stream, so that a shutdown need not wait for keep-alive.
      connection: 'close',
    });
    raw.write(format.begin);
    const progress = new ReadProgress(raw.socket);
    this.#ping = setInterval(() => {
      if (!raw.writableNeedDrain) raw.write(format.ping);
      else if (progress.isStalled()) this.#endDeadReader();
    }, PING_MS);
    raw.once('close', () => clearInterval(this.#ping));
  }

  get isReady(): boolean {
    return this.raw.writableLength <= MOST_WAITING_BYTES;
  }

  async ready(): Promise<void> {
    if (this.isReady || this.raw.destroyed) return;
    const drained = Promise.withResolvers<void>();
    const done = (): void => drained.resolve();
    this.raw.once('drain', done).once('close', done);
    await drained.promise;
    this.raw.off('drain', done).off('close', done);
  }

  next(json: string): void {
    if (!this.raw.writableEnded) this.#write(json);
  }

  end(error: PublicErrors | null): void {
    clearInterval(this.#ping);
    if (this.raw.writableEnded) return;
    if (error !== null) this.#write(JSON.stringify({ errors: error.errors, extensions: error.response.extensions }));
    // Without the mark of the end a client takes the connection as lost: after an expiry, it connects again and asks for a new token.
    this.raw.end(error?.isExpiry === true ? '' : this.format.end);
  }

  #write(json: string): void {
    this.raw.write(this.format.result(json));
  }

  /** Appends the reason to what waits, and cuts the connection after some time to read it. */
  #endDeadReader(): void {
    this.log.info({ transport: this.format.transport }, 'A reader has read nothing for a minute and is cut off.');
    this.end(new PublicErrors([{ message: 'Nothing of the stream was read for a minute. Read the present state and subscribe again.', extensions: { code: 'SLOW_READER' } }]));
    const cut = setTimeout(() => this.raw.destroy(), CUT_OFF_MS).unref();
    this.raw.once('close', () => clearTimeout(cut));
  }
}

/** Runs the operation into the stream; resolves once the stream is open or has ended. */
async function run(graphqlServer: GraphqlServer, request: OperationRequest, context: OperationContext, { raw, request: { method } }: FastifyReply, stream: EventStream): Promise<void> {
  try {
    const admitted = await graphqlServer.pipeline.admit(request, context);
    const { operation } = admitted.operation;
    if (method === 'GET' && operation === 'mutation') throw new AppError('BAD_REQUEST', 'A GET changes nothing; send a mutation by POST.');
    const result = operation === 'subscription' ? await graphqlServer.pipeline.subscribe(admitted, stream) : await graphqlServer.pipeline.execute(admitted);
    if (typeof result === 'function') {
      if (raw.destroyed) result();
      else raw.once('close', result).once('close', graphqlServer.openStreams.add(() => stream.end(null)));
      return;
    }
    stream.next(JSON.stringify(result));
    stream.end(null);
  } catch (error) {
    stream.end(error instanceof PublicErrors ? error : graphqlServer.pipeline.refusal(error, context));
  }
}

/** Sets headers from a flat list of names and values. */
export function setHeaders(reply: FastifyReply, pairs: readonly string[]): void {
  for (let at = 0; at < pairs.length; at += 2) reply.header(pairs[at] ?? '', pairs[at + 1]);
}

/** Handles requests that want a stream. Answers refusals from before the operation is read with a status and JSON instead of a stream. */
export function streamHandler(graphqlServer: GraphqlServer) {
  return async (request: FastifyRequest, reply: FastifyReply, format: StreamFormat): Promise<FastifyReply> => {
    const { authorization, traceparent } = request.headers;
    const caller = { authorization, transport: format.transport, requestId: request.id, traceId: traceIdOf(traceparent), connection: request.raw.socket };
    try {
      if (!graphqlServer.isOriginAllowed(request.raw)) {
        throw new AppError('FORBIDDEN', `Pages of ${request.headers.origin} may not open streams here; ALLOWED_ORIGINS names those that may.`);
      }
      const context = await graphqlServer.admission.signIn(caller, () => graphqlServer.addressOf(request.raw), Number(request.headers['content-length'] ?? 0));
      const operation = parseRequest(request);
      const release = graphqlServer.connectionQuota.acquire(context.container.viewer.username);
      if (release === null) throw new AppError('TOO_MANY_OPERATIONS', 'You have as many sockets and streams open as one user may; close some of them.');
      setHeaders(reply, graphqlServer.admission.budgetHeaders(context));
      reply.hijack();
      reply.raw.once('close', release);
      // For a client that left while it signed in, 'close' does not come any more.
      if (reply.raw.destroyed) release();
      else serve(graphqlServer, operation, context, reply, format);
      return reply;
    } catch (error) {
      const { errors, response: { extensions, headers } } = graphqlServer.pipeline.refusal(error, { ...caller, startedAt: performance.now() });
      setHeaders(reply, headers ?? []);
      const { code, retryAfter } = errors[0]?.extensions ?? {};
      if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter));
      return reply.code(statusOf(String(code))).send({ errors, extensions });
    }
  };
}

function serve(graphqlServer: GraphqlServer, operation: OperationRequest, context: OperationContext, reply: FastifyReply, format: StreamFormat): void {
  const { raw } = reply;
  const stream = new EventStream(raw, reply.getHeaders() as OutgoingHttpHeaders, format, graphqlServer.log); // the same headers; Fastify types those that HTTP fixes as string or number
  graphqlServer.metrics.opened(format.transport);
  raw.once('close', () => {
    graphqlServer.metrics.closed(format.transport);
  });
  void run(graphqlServer, operation, context, reply, stream);
}
