import {
  type DocumentNode,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  createSourceEventStream,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { GatewayContext, ScopedEvent } from '../access/scope.js';
import { unauthenticated } from '../platform/errors.js';
import { END_OF_STREAM, filterMap } from '../platform/filter-map.js';

/** Tokens that a document may have; the longest of ours has about 300. */
export const MAX_TOKENS = 2000;

export interface OperationRequest {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown> | null;
}

function parseDocument(query: string): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) return withCode(error, 'GRAPHQL_PARSE_FAILED');
    throw error;
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { nodes, source, positions, path } = error;
  return new GraphQLError(error.message, { nodes, source, positions, path, extensions: { ...error.extensions, code } });
}

/**
 * The same admission that an operation over HTTP passes, for transports that do not go through Apollo Server: signed in,
 * within the limits, valid.
 */
export function admitOperation(
  schema: GraphQLSchema,
  request: OperationRequest,
  context: GatewayContext,
  introspection: boolean,
): ExecutionArgs | GraphQLError[] {
  if (context.scope.isAnonymous) {
    const error = unauthenticated();
    return [new GraphQLError(error.message, { originalError: error })];
  }
  const document = parseDocument(request.query);
  if (document instanceof GraphQLError) return [document];
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const faults = validate(schema, document, rules, { hideSuggestions: true });
  if (faults.length > 0) return faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED'));
  if (!getOperationAST(document, request.operationName)) {
    return [new GraphQLError('Name the operation to run.', { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })];
  }
  return {
    schema,
    document,
    operationName: request.operationName,
    variableValues: request.variables,
    contextValue: context,
  };
}

/**
 * Runs a subscription so that each event is resolved in its own fresh scope: permissions are those of that moment, and
 * nothing read for an earlier event is shown again.
 */
export async function subscribeFresh(args: ExecutionArgs): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const context = args.contextValue as GatewayContext;
  const events = source[Symbol.asyncIterator]() as AsyncIterator<ScopedEvent<unknown>>;
  return filterMap(events, async (event): Promise<ExecutionResult | typeof END_OF_STREAM> =>
    execute({ ...args, rootValue: event, contextValue: { ...context, scope: event.scope } }),
  );
}
