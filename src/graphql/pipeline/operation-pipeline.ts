import { type DocumentNode, execute, type ExecutionArgs, type ExecutionResult, getOperationAST, GraphQLError, type GraphQLSchema, type OperationDefinitionNode, parse, specifiedRules, validate } from 'graphql';
import type { Logger } from 'pino';
import { AppError } from '../../platform/errors.js';
import { shownValue } from '../../platform/shown.js';
import type { ChangeBus } from '../../tasks/changes/change-bus.js';
import type { Admission, OperationContext } from '../admission/admission.js';
import { DocumentCache } from './document-cache.js';
import { boundedErrors, type ErrorLog, PublicErrors, publicError, publicErrorOf } from './public-errors.js';
import { MAX_TOKENS } from '../admission/rules/document-limits.js';
import type { OperationReport } from './operation-report.js';
import { changesRights } from './changes-rights.js';
import { SharedStreams, type Sink } from './shared-streams.js';
import { definedVariables } from './stream-key.js';
import type { StreamMetrics } from './stream-metrics.js';
import type { ConnectionQuota } from '../admission/connection-quota.js';
import { hashOf } from '../admission/trusted-documents.js';

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
  metrics: StreamMetrics;
  /** Operations that each user has open over all WebSockets and SSE streams. */
  open: ConnectionQuota;
  /** Documents by their SHA-256, for requests that send only that. */
  documentOf: (hash: string) => Promise<string | undefined>;
}

/** Arguments of an execution that was admitted. */
export interface AdmittedOperation extends ExecutionArgs {
  operation: OperationDefinitionNode;
  contextValue: OperationContext;
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, originalError: error.originalError, extensions: { ...error.extensions, code } });
}

/**
 * What an operation goes through on a transport that Apollo Server does not serve: the same admission, the same rules, the
 * same masking and the same report as over plain HTTP.
 */
export class OperationPipeline {
  readonly #documents = new DocumentCache();
  readonly #streams: SharedStreams;

  constructor(private readonly parts: PipelineServices) {
    this.#streams = new SharedStreams({
      formatResult: (result, context) => this.#shown(result, context),
      formatError: (error, context) => this.#ended(error, context),
      metrics: parts.metrics,
    });
  }

  /** The operation, ready to run. Throws PublicErrors for one that is not accepted. */
  async admit(request: OperationRequest, context: OperationContext): Promise<AdmittedOperation> {
    let operation: OperationDefinitionNode | undefined;
    try {
      await this.parts.admission.fairQueue.wait(context.container.viewer.username);
      const document = await this.#document(request, context);
      operation = getOperationAST(document, request.operationName) ?? undefined;
      if (operation === undefined) {
        const message = request.operationName ? `The document has no operation ${shownValue(request.operationName)}.` : 'The document has several operations; say which one in operationName.';
        throw new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
      }
      const variableValues = definedVariables(operation, request.variables ?? {});
      this.parts.admission.admit(document, operation, variableValues, context);
      return { schema: this.parts.schema, document, operation, operationName: request.operationName, variableValues, contextValue: context };
    } catch (error) {
      throw this.#refused(error, operation, context);
    }
  }

  /** The answer to a query or a mutation; TOO_MANY_OPERATIONS when the user has as many open as one may. */
  async execute({ operation, ...args }: AdmittedOperation): Promise<ExecutionResult> {
    const context = args.contextValue;
    const leave = this.#open(context);
    if (leave === null) return this.#tooMany(operation, context);
    if (operation.operation === 'query') this.parts.admission.ledger.chargeInterpreter(context.charges);
    try {
      const result = this.#shown(await execute(args), context);
      if (changesRights(operation)) this.parts.changes.publish({ type: 'rights' });
      this.parts.report.finish({ context, operation, errors: result.errors });
      return result;
    } finally {
      leave();
    }
  }

  /** Joins the sink to a subscription and answers how it leaves; or the one answer that refuses it. */
  async subscribe({ operation, ...args }: AdmittedOperation, sink: Sink): Promise<(() => void) | ExecutionResult> {
    const context = args.contextValue;
    const close = this.#open(context);
    if (close === null) return this.#tooMany(operation, context);
    let result: (() => void) | ExecutionResult | undefined;
    try {
      const next = (json: string): void => {
        this.parts.admission.ledger.chargeReader(context.charges);
        sink.next(json);
      };
      const end = (error: PublicErrors | null): void => {
        close();
        sink.end(error);
      };
      const contextValue: OperationContext = { ...context, ...(context.cost !== undefined && { eventCost: context.cost }) };
      result = await this.#streams.subscribe({ ...args, contextValue }, { next, end });
    } finally {
      if (typeof result !== 'function') close();
    }
    this.parts.report.finish({ context, operation, errors: typeof result === 'function' ? undefined : result.errors });
    if (typeof result !== 'function') return result;
    const leave = result;
    return () => {
      close();
      leave();
    };
  }

  /** Counts an operation of that user as open; the function ends it. Null when there are as many as one user may have. */
  #open({ container }: OperationContext): (() => void) | null {
    return this.parts.open.acquire(container.viewer.username);
  }

  #tooMany(operation: OperationDefinitionNode, context: OperationContext): ExecutionResult {
    const message = `You have ${this.parts.open.perUser} operations open, over all WebSockets and SSE streams; that is as many as one user may, so complete some of them first.`;
    const { errors } = this.#refused(new AppError('TOO_MANY_OPERATIONS', message), operation, context);
    return { errors: errors as unknown as readonly GraphQLError[] };
  }

  /** A refusal as clients get it, logged and counted. */
  refusal(error: unknown, context: Parameters<OperationReport['finish']>[0]['context']): PublicErrors {
    return this.#refused(error, undefined, context);
  }

  #refused(error: unknown, operation: OperationDefinitionNode | undefined, context: Parameters<OperationReport['finish']>[0]['context']): PublicErrors {
    const sink = this.#sink(context);
    const refused = error instanceof PublicErrors ? error : new PublicErrors([publicErrorOf(error, sink)]);
    refused.response = this.parts.admission.refusalDetails(error, 'charges' in context ? (context as OperationContext) : null);
    this.parts.report.finish({ context, operation, errors: refused.errors });
    return refused;
  }

  #ended(error: unknown, context: OperationContext): PublicErrors {
    const shown = publicErrorOf(error, this.#sink(context));
    const { requestId, traceId, transport, container } = context;
    this.parts.log.info({ requestId, traceId, transport, user: container.viewer.username, code: shown.extensions?.code, reason: shown.message }, 'A stream was ended.');
    return new PublicErrors([shown]);
  }

  async #document(request: OperationRequest, context: OperationContext): Promise<DocumentNode> {
    const query = await this.#text(request);
    const hash = hashOf(query);
    this.parts.admission.requireTrusted(hash);
    const known = await this.#documents.get(hash);
    if (known !== undefined) return known;
    this.parts.admission.chargeDocument(query, context);
    const document = this.#parsed(query);
    const { schema, admission } = this.parts;
    const faults = validate(schema, document, [...specifiedRules, ...admission.rules], { hideSuggestions: true });
    if (faults.length > 0) throw new PublicErrors(faults.map((fault) => this.#public(withCode(fault, 'GRAPHQL_VALIDATION_FAILED'), context)));
    await this.#documents.set(hash, document);
    return document;
  }

  async #text({ query, extensions }: OperationRequest): Promise<string> {
    const persisted = extensions?.persistedQuery as { version?: unknown; sha256Hash?: unknown } | undefined;
    if (persisted !== undefined && persisted.version !== 1) throw new AppError('BAD_REQUEST', 'Unsupported persisted query version; 1 is.');
    if (query) {
      if (persisted !== undefined && persisted.sha256Hash !== hashOf(query)) throw new AppError('BAD_REQUEST', 'provided sha does not match query');
      return query;
    }
    if (typeof persisted?.sha256Hash !== 'string') throw new AppError('BAD_REQUEST', 'The request has no "query"; send the text of a GraphQL document.');
    const found = await this.parts.documentOf(persisted.sha256Hash);
    if (found === undefined) throw new GraphQLError('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } });
    return found;
  }

  #parsed(query: string): DocumentNode {
    try {
      return parse(query, { maxTokens: MAX_TOKENS });
    } catch (error) {
      throw error instanceof GraphQLError ? withCode(error, 'GRAPHQL_PARSE_FAILED') : error;
    }
  }

  #public(error: GraphQLError, context: OperationContext): GraphQLFormatted {
    return publicError(error, error.toJSON(), this.#sink(context));
  }

  #sink({ requestId, traceId }: { requestId: string; traceId: string | undefined }): ErrorLog {
    return { requestId, traceId, log: this.parts.log };
  }

  /** Errors in it are as clients get them; graphql's type knows them only as they are thrown. */
  #shown(result: ExecutionResult, context: OperationContext): ExecutionResult {
    const extensions = this.parts.admission.settleCost(context);
    const { errors } = result;
    if (errors === undefined) return { ...result, extensions };
    const shown = boundedErrors(errors.map((error) => this.#public(error, context)));
    return { ...result, errors: shown as unknown as readonly GraphQLError[], extensions };
  }
}

type GraphQLFormatted = ReturnType<typeof publicError>;
