import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import { AppError } from '../platform/errors.js';
import { traceIdOf } from '../platform/trace-id.js';
import type { DoorContext } from './admission.js';
import type { GraphqlDoor } from './door.js';
import { PublicErrors, statusOf } from './errors.js';
import type { OperationRequest } from './operations.js';
import { readOperation } from './read-operation.js';

const PING_MS = 12_000;

/** Whether the answer is to be a stream of server-sent events: asked for alone, or for a subscription. */
export function wantsStream({ headers, body }: FastifyRequest): boolean {
  const accept = headers.accept ?? '';
  if (!accept.includes('text/event-stream')) return false;
  if (!/json|\*\/\*/.test(accept)) return true;
  const { query } = (body ?? {}) as { query?: unknown };
  return typeof query === 'string' && /\bsubscription\b/.test(query);
}

/** One answer as it is being written, in the distinct connections mode of GraphQL over SSE. */
class EventStream {
  #ping: NodeJS.Timeout;

  constructor(private readonly raw: ServerResponse, headers: Record<string, string>) {
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
    this.#ping = setInterval(() => (raw.writableNeedDrain ? raw.destroy() : raw.write(':\n\n')), PING_MS);
    raw.once('close', () => clearInterval(this.#ping));
  }

  /** Waits while the reader is behind. */
  async next(result: ExecutionResult): Promise<void> {
    if (this.raw.destroyed) return;
    if (!this.raw.write(`event: next\ndata: ${JSON.stringify(result)}\n\n`)) {
      await Promise.race([once(this.raw, 'drain'), once(this.raw, 'close')]);
    }
  }

  complete(): void {
    clearInterval(this.#ping);
    if (!this.raw.destroyed) this.raw.end('event: complete\ndata: \n\n');
  }
}

async function run(door: GraphqlDoor, request: OperationRequest, context: DoorContext, raw: ServerResponse, stream: EventStream): Promise<void> {
  try {
    const admitted = await door.operations.admit(request, context);
    if (admitted.operation.operation !== 'subscription') return await stream.next(await door.operations.execute(admitted));
    const results = await door.operations.subscribe(admitted, () => raw.destroy());
    if (!(Symbol.asyncIterator in results)) return await stream.next(results);
    raw.once('close', () => void results.return?.());
    for await (const result of results) await stream.next(result);
  } catch (error) {
    const shown = error instanceof PublicErrors ? error : door.operations.refusal(error, context);
    await stream.next({ errors: shown.errors } as unknown as ExecutionResult);
  }
}

/** Answers with a stream: GraphQL over SSE. What is refused before the operation is read is a plain answer with its status. */
export function streamHandler(door: GraphqlDoor) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { authorization, traceparent } = request.headers;
    const caller = { authorization, transport: 'sse' as const, requestId: request.id, traceId: traceIdOf(traceparent) };
    try {
      if (!door.isOriginAllowed(request.raw)) {
        throw new AppError('FORBIDDEN', `Pages of ${request.headers.origin} may not open streams here; ALLOWED_ORIGINS names those that may.`);
      }
      const context = await door.admission.signIn(caller);
      const operation = readOperation(request);
      const leave = door.seats.take(context.scope.viewer.username);
      if (leave === null) throw new AppError('TOO_MANY_OPERATIONS', 'You have as many sockets and streams open as one user may; close some of them.');
      reply.hijack();
      reply.raw.once('close', leave);
      serve(door, operation, context, reply);
      return reply;
    } catch (error) {
      const { errors } = door.operations.refusal(error, { ...caller, startedAt: performance.now() });
      const { code, retryAfter } = errors[0]?.extensions ?? {};
      if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter));
      const status = code === 'FORBIDDEN' ? 403 : code === 'INTERNAL_SERVER_ERROR' ? 500 : statusOf(String(code));
      return reply.code(status).send({ errors });
    }
  };
}

function serve(door: GraphqlDoor, operation: OperationRequest, context: DoorContext, { raw }: FastifyReply): void {
  const stream = new EventStream(raw, { 'x-request-id': context.requestId });
  const stop = (): void => stream.complete();
  door.streams.add(stop);
  door.metrics.opened('sse');
  raw.once('close', () => {
    door.streams.delete(stop);
    door.metrics.closed('sse');
  });
  run(door, operation, context, raw, stream).then(stop, (error: unknown) => {
    door.log.error({ err: error, requestId: context.requestId }, 'A stream broke off.');
    raw.destroy();
  });
}
