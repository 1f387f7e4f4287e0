import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { AppError } from '../platform/errors.js';

/** Codes of faults in the request itself, which GraphQL servers name this way. */
const REQUEST_CODES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'UNAUTHENTICATED',
]);

/** Where the log line of a masked error is to be found. */
export interface ErrorSink {
  requestId: string;
  log: Logger;
}

function appErrorIn(error: unknown): AppError | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; depth += 1) {
    if (at instanceof AppError) return at;
    at = at instanceof GraphQLError ? at.originalError : undefined;
  }
  return null;
}

/** The error with the HTTP status that Apollo Server gives the whole answer. */
export function withStatus(error: AppError, status: number): GraphQLError {
  return new GraphQLError(error.message, { extensions: { ...error.extensions, code: error.code, http: { status } } });
}

/**
 * What a client gets of an error, on every transport: errors thrown on purpose and faults of the request as they are,
 * everything else masked, with the request id that leads to its log line.
 */
export function publicError(error: unknown, formatted: GraphQLFormattedError, sink: ErrorSink): GraphQLFormattedError {
  const { message, locations, path } = formatted;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  const known = appErrorIn(error);
  if (known !== null) return { message: known.message, ...place, extensions: { ...known.extensions, code: known.code } };
  const code = formatted.extensions?.code;
  if (typeof code === 'string' && REQUEST_CODES.has(code)) return { message, ...place, extensions: { code } };
  sink.log.error({ err: error, requestId: sink.requestId }, 'An error was masked.');
  return {
    message: `Something went wrong on our side; the log has it under request ${sink.requestId}.`,
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: sink.requestId },
  };
}
