import { HeaderMap } from '@apollo/server';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { type CodeRow, ERROR_CODES, type ErrorCode } from '../../platform/error-codes.js';
import { AppError, badInput, databaseUnavailable } from '../../platform/errors.js';
import type { DatabaseOutage } from '../../platform/database/outage/database-outage.js';
import { internalError } from '../../platform/http/http-faults.js';
import { boundMessage } from '../../platform/message-text.js';

/** The codes that GraphQL servers give to faults of the request itself. */
const REQUEST_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'UNAUTHENTICATED',
]);

/** HTTP statuses of refusals of whole requests; every code without one has 400. */
const STATUSES: ReadonlyMap<string, number> = new Map(Object.entries<CodeRow>(ERROR_CODES).map(([code, { statuses }]) => [code, statuses.find((status) => status !== 200) ?? 400]));

/** Where a masked error is logged, and under which ids. */
export interface ErrorLog {
  requestId: string;
  log: Logger;
  /** Is told of what a database that is away made fail. */
  outage: Pick<DatabaseOutage, 'covers' | 'isStopped'>;
  traceId?: string | undefined;
}

/** Errors as clients get them, as one exception: the libraries between us and the client pass on nothing else. */
export class PublicErrors extends Error {
  readonly errors: readonly GraphQLFormattedError[];

  constructor(
    errors: readonly GraphQLFormattedError[],
    /** Extensions of the response, and its headers as a flat list of names and values. */
    public response: { extensions?: object; headers?: readonly string[] } = {},
    /** Whether the caller's token has expired: the same caller may come with a new one. */
    readonly isExpiry = false,
  ) {
    super(errors[0]?.message);
    this.name = 'PublicErrors';
    this.errors = boundedErrors(errors);
  }
}

function appErrorIn(error: unknown): AppError | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; depth += 1) {
    if (at instanceof AppError) return at;
    at = at instanceof GraphQLError ? at.originalError : undefined;
  }
  return null;
}

/** The HTTP status of a refusal with that code; 400 for a code without an entry. */
export function statusOf(code: string): number {
  return STATUSES.get(code) ?? 400;
}

/** Wraps the error so that Apollo Server answers with its HTTP status and Retry-After. */
export function withStatus(error: AppError): GraphQLError {
  const { retryAfter } = error.extensions;
  const headers = new HeaderMap(typeof retryAfter === 'number' ? [['retry-after', String(retryAfter)]] : []);
  // Typed as object because several libraries declare this extension, each in its own way; Apollo Server reads it.
  const http: object = { status: statusOf(error.code), headers };
  return new GraphQLError(error.message, { originalError: error, extensions: { http } });
}

/** Cuts off suggestions: some messages of graphql-js have them whatever its options say. */
function withoutSuggestion(message: string): string {
  return message.replace(/ Did you mean [^]*$/, '');
}

/** Bounds of the errors in one response; bytes as JSON, all together. */
const MAX_ERRORS = 50;
const MAX_ERROR_BYTES = 48 * 1024;

/** Keeps the first errors, at least one, within the bounds above, and appends one that counts those left out. */
export function boundedErrors(errors: readonly GraphQLFormattedError[]): readonly GraphQLFormattedError[] {
  let [named, bytes] = [0, 0];
  for (const error of errors.slice(0, MAX_ERRORS)) {
    bytes += Buffer.byteLength(JSON.stringify(error));
    if (named > 0 && bytes > MAX_ERROR_BYTES) break;
    named += 1;
  }
  const left = errors.length - named;
  if (left === 0) return errors;
  const code = errors[named]?.extensions?.code;
  return [...errors.slice(0, named), { message: `${left} more error${left === 1 ? ' is' : 's are'} left out.`, extensions: { code, errorsLeftOut: left } }];
}

/** The BAD_USER_INPUT for an argument that graphql-js refuses only at execution: a null given through a variable that has a default. */
function argumentFault(error: unknown): AppError | null {
  let innermost = error;
  while (innermost instanceof GraphQLError && innermost.originalError instanceof GraphQLError) innermost = innermost.originalError;
  if (!(innermost instanceof GraphQLError) || innermost.originalError !== undefined) return null;
  const name = /^Argument "(\w+)" (?:of|has)/.exec(innermost.message)?.[1];
  return name === undefined ? null : badInput([{ path: name, code: 'REQUIRED', message: withoutSuggestion(innermost.message) }]);
}

/** Whether Apollo Server refused the request as malformed; it gives some of those a status but no code. */
function isRefusedRequest(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.originalError !== undefined) return false;
  const status = (error.extensions.http as { status?: number } | undefined)?.status ?? 500; // as Apollo Server declares it
  return error.extensions.code === undefined && status >= 400 && status < 500;
}

/**
 * Formats an error for clients, on every transport: shows errors thrown on purpose and faults of the request, and masks everything
 * else behind the request id under which it is logged.
 */
export function publicError(error: unknown, formatted: GraphQLFormattedError, errorLog: ErrorLog): GraphQLFormattedError {
  const { message, locations, path } = formatted;
  const location = { ...(locations && { locations }), ...(path && { path }) };
  const intended = appErrorIn(error) ?? (errorLog.outage.covers(error) ? databaseUnavailable() : argumentFault(error));
  if (intended !== null) return { message: intended.message, ...location, extensions: { ...intended.extensions, code: intended.code } };
  const code = isRefusedRequest(error) ? 'BAD_REQUEST' : formatted.extensions?.code;
  // Shortened, because graphql-js repeats names and values of the request in full.
  if (typeof code === 'string' && REQUEST_CODES.has(code)) return { message: boundMessage(withoutSuggestion(message)), ...location, extensions: { code } };
  // What outlasts the time that a stop gives it finds the database closed.
  if (errorLog.outage.isStopped) return { message: 'The process stops; send the request again.', ...location, extensions: { code: 'SHUTTING_DOWN' } };
  const { requestId, traceId, log } = errorLog;
  log.error({ err: error, requestId, traceId }, 'An error was masked.');
  return { ...internalError(requestId), ...location };
}

/** Formats whatever was thrown, in the same way. */
export function publicErrorOf(error: unknown, errorLog: ErrorLog): GraphQLFormattedError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  const graphql = error instanceof GraphQLError ? error : new GraphQLError(originalError.message, { originalError });
  return publicError(graphql, graphql.toJSON(), errorLog);
}
