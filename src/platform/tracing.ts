import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import { withinTime } from './scheduling/within-time.js';

/** How long the stop of the process waits for the collector. */
const FLUSH_MS = 1000;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

type Api = typeof import('@opentelemetry/api');

/** Sends spans to an OpenTelemetry collector. Imports the OpenTelemetry packages only when TRACES is set. */
export class Tracing {
  private constructor(
    private readonly api: Api,
    private readonly tracer: Tracer,
    /** Flushes the remaining spans; gives up after FLUSH_MS. */
    readonly stop: () => Promise<void>,
  ) {}

  static async start(collector: string): Promise<Tracing> {
    const [api, { BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, { resourceFromAttributes }] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
    ]);
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const exporter = new OTLPTraceExporter({ url: `${collector}/v1/traces` });
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'image-gateway' }),
      spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000 })],
    });
    const stop = async (): Promise<void> => {
      // A collector that is away does not hold up the end of the process.
      await withinTime(FLUSH_MS, provider.shutdown()).catch(() => undefined);
    };
    return new Tracing(api, provider.getTracer('image-gateway'), stop);
  }

  /** Runs asynchronous work as a child of the current span. */
  async span<T>(name: string, attributes: Attributes, work: () => T | Promise<T>): Promise<T> {
    return this.tracer.startActiveSpan(name, { attributes }, async (span) => {
      try {
        return await work();
      } catch (error) {
        this.#fail(span, error instanceof Error ? error.name : 'Error');
        throw error;
      } finally {
        span.end();
      }
    });
  }

  /** Runs synchronous work as a child of the current span. */
  spanSync<T>(name: string, attributes: Attributes, work: () => T): T {
    return this.tracer.startActiveSpan(name, { attributes }, (span) => {
      try {
        return work();
      } catch (error) {
        this.#fail(span, error instanceof Error ? error.name : 'Error');
        throw error;
      } finally {
        span.end();
      }
    });
  }

  /** Makes a span for each request, in the trace that `traceparent` and `tracestate` describe or else in a new one. */
  traceRequests(app: FastifyInstance): void {
    const { SpanKind, context, trace } = this.api;
    const spans = new WeakMap<object, Span>();
    app.addHook('onRequest', (request, _reply, done) => {
      const parent = this.#parentOf(request.headers.traceparent, request.headers.tracestate);
      const [path = ''] = request.url.split('?', 1);
      const attributes = { 'http.request.method': request.method, 'url.path': path, 'request.id': request.id };
      const span = this.tracer.startSpan(`${request.method} ${request.routeOptions.url ?? 'unknown'}`, { kind: SpanKind.SERVER, attributes }, parent);
      spans.set(request, span);
      const { traceId, spanId } = span.spanContext();
      // The request log takes the trace id from this header.
      request.headers.traceparent = `00-${traceId}-${spanId}-01`;
      context.with(trace.setSpan(parent, span), done);
    });
    app.addHook('onResponse', async (request, reply) => {
      const span = spans.get(request);
      span?.setAttribute('http.response.status_code', reply.statusCode);
      if (span && reply.statusCode >= 500) this.#fail(span, String(reply.statusCode));
      span?.end();
    });
  }

  #parentOf(traceparent: string | string[] | undefined, tracestate: string | string[] | undefined): Context {
    const { ROOT_CONTEXT, createTraceState, trace } = this.api;
    const [, traceId, spanId, flags] = TRACEPARENT.exec(String(traceparent)) ?? [];
    if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
    // At most 512 characters and 32 valid members are taken.
    const traceState = tracestate === undefined ? undefined : createTraceState(String(tracestate));
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16), traceState, isRemote: true });
  }

  #fail(span: Span, message: string): void {
    span.setStatus({ code: this.api.SpanStatusCode.ERROR, message });
  }
}
