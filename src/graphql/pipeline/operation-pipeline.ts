import { type DocumentNode, execute, type ExecutionArgs, type ExecutionResult, type FormattedExecutionResult, getOperationAST, GraphQLError, type GraphQLFormattedError, type GraphQLSchema, type OperationDefinitionNode, parse, specifiedRules, validate } from 'graphql';
import type { Logger } from 'pino';
import { isExpiry } from '../../access/sign-in/sign-in-failure.js';
import type { DatabaseOutage } from '../../platform/database/outage/database-outage.js';
import { AppError } from '../../platform/errors.js';
import { quoteValue } from '../../platform/message-text.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import type { Admission, OperationContext } from '../admission/admission.js';
import type { ConnectionQuota } from '../admission/connection-quota.js';
import { MAX_TOKENS } from '../admission/rules/document-limits.js';
import { hashOf } from '../admission/trusted-documents.js';
import { changesRights } from './changes-rights.js';
import { DocumentCache } from './document-cache.js';
import type { FinishedOperation, OperationReport } from './operation-report.js';
import { boundedErrors, type ErrorLog, PublicErrors, publicError, publicErrorOf } from './public-errors.js';
import type { Sink } from './shared-stream.js';
import { SharedStreams } from './shared-streams.js';
import { definedVariables } from './stream-key.js';
import type { StreamMetrics } from './stream-metrics.js';

/** A GraphQL request as its transport read it; nothing in it is validated. */
export interface OperationRequest {
  query?: string | null;
  operationName?: string | null;
  variables?: Record<string, unknown> | null;
  extensions?: Record<string, unknown> | null;
}

export interface PipelineServices {
  schema: GraphQLSchema;
  admission: Admission;
  report: OperationReport;
  changes: ChangeBus;
  log: Logger;
  outage: DatabaseOutage;
  metrics: StreamMetrics;
  /** Bounds the operations that one user has open over all WebSockets and SSE streams. */
  operationQuota: ConnectionQuota;
  /** Looks up a persisted document by its SHA-256. */
  documentOf: (hash: string) => Promise<string | undefined>;
}

/** The arguments with which graphql-js executes an operation, once it was admitted. */
export interface AdmittedOperation extends ExecutionArgs {
  operation: OperationDefinitionNode;
  contextValue: OperationContext;
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, originalError: error.originalError, extensions: { ...error.extensions, code } });
}

/** The `persistedQuery` extension of Apollo clients; nothing in it is validated. */
function persistedQueryOf({ extensions }: OperationRequest): { version?: unknown; sha256Hash?: unknown } | null {
  const given = extensions?.persistedQuery;
  if (given === undefined || given === null) return null;
  return typeof given === 'object' ? given : {};
}

/** Whether the caller was signed in, and so has a budget to report. */
function isOperationContext(context: FinishedOperation['context']): context is OperationContext {
  return 'charges' in context;
}

/**
 * Admits, executes and reports operations on the transports that Apollo Server does not serve (WebSocket, SSE): with the same
 * admission, validation rules, error masking and report as over plain HTTP.
 */
export class OperationPipeline {
  readonly #documents = new DocumentCache();
  readonly #streams: SharedStreams;

  constructor(private readonly services: PipelineServices) {
    this.#streams = new SharedStreams({
      formatResult: (result, context) => this.#formatResult(result, context),
      formatError: (error, context) => this.#formatStreamError(error, context),
      metrics: services.metrics,
    });
  }

  /** Returns the operation, ready to run. Throws PublicErrors for one that is refused. */
  async admit(request: OperationRequest, context: OperationContext): Promise<AdmittedOperation> {
    let operation: OperationDefinitionNode | undefined;
    try {
      await this.services.admission.fairQueue.wait(context.container.viewer.username);
      const document = await this.#loadDocument(request, context);
      operation = getOperationAST(document, request.operationName) ?? undefined;
      if (operation === undefined) {
        const message = request.operationName ? `The document has no operation ${quoteValue(request.operationName)}.` : 'The document has several operations; say which one in operationName.';
        throw new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
      }
      const variableValues = definedVariables(operation, request.variables ?? {});
      this.services.admission.admit(document, operation, variableValues, context);
      return { schema: this.services.schema, document, operation, operationName: request.operationName, variableValues, contextValue: context };
    } catch (error) {
      throw this.#refuse(error, operation, context);
    }
  }

  /** Executes a query or a mutation; the result is TOO_MANY_OPERATIONS when the user has as many operations open as one user may. */
  async execute({ operation, ...args }: AdmittedOperation): Promise<FormattedExecutionResult> {
    const context = args.contextValue;
    const release = this.#acquireSlot(context);
    if (release === null) return this.#refuseTooMany(operation, context);
    if (operation.operation === 'query') this.services.admission.ledger.chargeInterpreter(context.charges);
    try {
      const result = this.#formatResult(await execute(args), context);
      if (changesRights(operation)) this.services.changes.publish({ type: 'rights' });
      this.services.report.finish({ context, operation, errors: result.errors });
      return result;
    } finally {
      release();
    }
  }

  /** Subscribes the sink; returns the function that unsubscribes it, or the one result that refuses the subscription. */
  async subscribe({ operation, ...args }: AdmittedOperation, sink: Sink): Promise<(() => void) | FormattedExecutionResult> {
    const context = args.contextValue;
    const release = this.#acquireSlot(context);
    if (release === null) return this.#refuseTooMany(operation, context);
    let result: (() => void) | FormattedExecutionResult | undefined;
    try {
      const next = (json: string): void => {
        this.services.admission.ledger.chargeReader(context.charges);
        sink.next(json);
      };
      const end = (error: PublicErrors | null): void => {
        release();
        sink.end(error);
      };
      const contextValue: OperationContext = { ...context, ...(context.cost !== undefined && { eventCost: context.cost }) };
      const counted: Sink = {
        get isReady() {
          return sink.isReady;
        },
        ready: async () => sink.ready(),
        next,
        end,
      };
      result = await this.#streams.subscribe({ ...args, contextValue }, counted);
    } finally {
      if (typeof result !== 'function') release();
    }
    this.services.report.finish({ context, operation, errors: typeof result === 'function' ? undefined : result.errors });
    if (typeof result !== 'function') return result;
    const leave = result;
    return () => {
      release();
      leave();
    };
  }

  /** Counts an operation of the user as open; returns the function that ends it, or null when the quota is used up. */
  #acquireSlot({ container }: OperationContext): (() => void) | null {
    return this.services.operationQuota.acquire(container.viewer.username);
  }

  #refuseTooMany(operation: OperationDefinitionNode, context: OperationContext): FormattedExecutionResult {
    const message = `You have ${this.services.operationQuota.perUser} operations open, over all WebSockets and SSE streams; that is as many as one user may, so complete some of them first.`;
    const { errors } = this.#refuse(new AppError('TOO_MANY_OPERATIONS', message), operation, context);
    return { errors };
  }

  /** Turns an error into the refusal that clients get, and reports it. */
  refusal(error: unknown, context: FinishedOperation['context']): PublicErrors {
    return this.#refuse(error, undefined, context);
  }

  #refuse(error: unknown, operation: OperationDefinitionNode | undefined, context: FinishedOperation['context']): PublicErrors {
    const refused = error instanceof PublicErrors ? error : new PublicErrors([publicErrorOf(error, this.#errorLog(context))], {}, isExpiry(error));
    refused.response = this.services.admission.refusalDetails(error, isOperationContext(context) ? context : null);
    this.services.report.finish({ context, operation, errors: refused.errors });
    return refused;
  }

  #formatStreamError(error: unknown, context: OperationContext): PublicErrors {
    const shown = publicErrorOf(error, this.#errorLog(context));
    const { requestId, traceId, transport, container } = context;
    this.services.log.info({ requestId, traceId, transport, user: container.viewer.username, code: shown.extensions?.code, reason: shown.message }, 'A stream was ended.');
    return new PublicErrors([shown], {}, isExpiry(error));
  }

  async #loadDocument(request: OperationRequest, context: OperationContext): Promise<DocumentNode> {
    const query = await this.#loadText(request);
    const hash = hashOf(query);
    this.services.admission.requireTrusted(hash);
    const cached = await this.#documents.get(hash);
    if (cached !== undefined) return cached;
    this.services.admission.chargeDocument(query, context);
    const document = this.#parse(query);
    const { schema, admission } = this.services;
    const faults = validate(schema, document, [...specifiedRules, ...admission.rules], { hideSuggestions: true });
    if (faults.length > 0) throw new PublicErrors(faults.map((fault) => this.#formatError(withCode(fault, 'GRAPHQL_VALIDATION_FAILED'), context)));
    await this.#documents.set(hash, document);
    return document;
  }

  async #loadText(request: OperationRequest): Promise<string> {
    const { query } = request;
    const persisted = persistedQueryOf(request);
    if (persisted !== null && persisted.version !== 1) throw new AppError('BAD_REQUEST', 'Unsupported persisted query version; 1 is.');
    if (query) {
      if (persisted !== null && persisted.sha256Hash !== hashOf(query)) throw new AppError('BAD_REQUEST', 'provided sha does not match query');
      return query;
    }
    if (typeof persisted?.sha256Hash !== 'string') throw new AppError('BAD_REQUEST', 'The request has no "query"; send the text of a GraphQL document.');
    const found = await this.services.documentOf(persisted.sha256Hash);
    if (found === undefined) throw new GraphQLError('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } });
    return found;
  }

  #parse(query: string): DocumentNode {
    try {
      return parse(query, { maxTokens: MAX_TOKENS });
    } catch (error) {
      throw error instanceof GraphQLError ? withCode(error, 'GRAPHQL_PARSE_FAILED') : error;
    }
  }

  #formatError(error: GraphQLError, context: OperationContext): GraphQLFormattedError {
    return publicError(error, error.toJSON(), this.#errorLog(context));
  }

  #errorLog({ requestId, traceId }: { requestId: string; traceId: string | undefined }): ErrorLog {
    return { requestId, traceId, log: this.services.log, outage: this.services.outage };
  }

  /** Masks and bounds the errors of a result, and adds `extensions.cost`. */
  #formatResult(result: ExecutionResult, context: OperationContext): FormattedExecutionResult {
    const extensions = this.services.admission.settleCost(context);
    const { errors } = result;
    if (errors === undefined) return { ...result, extensions };
    return { ...result, errors: boundedErrors(errors.map((error) => this.#formatError(error, context))), extensions };
  }
}
