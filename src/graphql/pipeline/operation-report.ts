import type { GraphQLFormattedError, OperationDefinitionNode } from 'graphql';
import type { Logger } from 'pino';
import type { OperationContext } from '../admission/admission.js';
import { RateLimiter } from '../admission/rate-limiter.js';
import type { OperationMetrics } from './operation-metrics.js';

/** An operation whose response is complete. */
export interface FinishedOperation {
  /** Has no container when the operation was refused before its caller was known. */
  context: Pick<OperationContext, 'transport' | 'requestId' | 'traceId' | 'startedAt'> & Partial<Pick<OperationContext, 'container' | 'cost' | 'isReported'>>;
  operation: OperationDefinitionNode | undefined;
  errors: readonly GraphQLFormattedError[] | undefined;
}

/** Callers choose the name and the errors of an operation; both are cut in log lines. */
const MAX_NAME_LENGTH = 100;
const MAX_REFUSALS = 5;
const REFUSED = 'An operation was refused, or a part of it.';
/** Lines per minute about callers who are not signed in, all together: anybody can cause them. Further ones are at debug; the sign-ins are counted and logged by themselves. */
const ANONYMOUS_LINES = 1000;

function codeOf(error: GraphQLFormattedError): string {
  return String(error.extensions?.code ?? 'INTERNAL_SERVER_ERROR');
}

/** Logs and counts how each operation ended: refusals and errors at info, the others at debug. */
export class OperationReport {
  readonly #anonymousLines = new RateLimiter(ANONYMOUS_LINES);

  constructor(
    private readonly log: Logger,
    private readonly metrics: OperationMetrics,
  ) {}

  finish({ context, operation, errors }: FinishedOperation): void {
    context.isReported = true;
    const ms = performance.now() - context.startedAt;
    const kind = operation?.operation ?? 'unknown';
    const name = operation?.name?.value;
    const [first] = errors ?? [];
    const outcome = first === undefined ? 'OK' : codeOf(first);
    this.metrics.count({ kind, name, transport: context.transport, outcome, ms });
    const user = context.container?.isAnonymous === false ? context.container.viewer.username : null;
    const isOneOfMany = first !== undefined && user === null && this.#anonymousLines.consume('anonymous') > 0;
    const level = first === undefined || isOneOfMany ? 'debug' : 'info';
    if (!this.log.isLevelEnabled(level)) return;
    const { requestId, traceId, transport, cost } = context;
    const line = { requestId, traceId, transport, user, kind, operation: name?.slice(0, MAX_NAME_LENGTH), outcome, ms: Math.round(ms * 10) / 10, cost };
    if (errors === undefined || first === undefined) this.log.debug(line, 'An operation was answered.');
    else {
      const refusal = { ...line, refusals: refusalsOf(errors) };
      if (level === 'debug') this.log.debug(refusal, REFUSED);
      else this.log.info(refusal, REFUSED);
    }
  }
}

function refusalsOf(errors: readonly GraphQLFormattedError[]): { code: string; message: string; path?: string }[] {
  return errors.slice(0, MAX_REFUSALS).map((error) => ({
    code: codeOf(error),
    message: error.message.slice(0, 500),
    ...(error.path && { path: error.path.join('.') }),
  }));
}
