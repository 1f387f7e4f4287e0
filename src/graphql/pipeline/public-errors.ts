import { HeaderMap } from '@apollo/server';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { AppError, badInput } from '../../platform/errors.js';
import { internalError } from '../../platform/http/http-faults.js';
import { shortened } from '../../platform/shown.js';

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

/** HTTP statuses of refusals that come before anything runs; the others are part of an answer with 200. */
const STATUSES: ReadonlyMap<string, number> = new Map([['UNAUTHENTICATED', 401], ['DOCUMENT_NOT_TRUSTED', 403], ['TOO_MANY_OPERATIONS', 429], ['RATE_LIMITED', 429]]);

/** Where the log line of a masked error is to be found. */
export interface ErrorLog {
  requestId: string;
  log: Logger;
  traceId?: string | undefined;
}

/** Errors as clients get them, thrown through libraries that only pass errors on. */
export class PublicErrors extends Error {
  readonly errors: readonly GraphQLFormattedError[];

  constructor(
    errors: readonly GraphQLFormattedError[],
    /** Of the whole answer, and names and values in turn of its headers. */
    public response: { extensions?: object; headers?: readonly string[] } = {},
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

export function statusOf(code: string): number {
  return STATUSES.get(code) ?? 400;
}

/** The error with the HTTP status that Apollo Server gives the whole answer. */
export function withStatus(error: AppError): GraphQLError {
  const { retryAfter } = error.extensions;
  const headers = new HeaderMap(typeof retryAfter === 'number' ? [['retry-after', String(retryAfter)]] : []);
  // An object, whatever other libraries declare of this extension: what it holds is Apollo Server's business.
  const http: object = { status: statusOf(error.code), headers };
  return new GraphQLError(error.message, { originalError: error, extensions: { http } });
}

/** graphql-js has messages with suggestions that no option of it leaves out. */
function withoutSuggestion(message: string): string {
  return message.replace(/ Did you mean [^]*$/, '');
}

/** Errors of one answer, and bytes that they may take together as JSON. */
const MAX_ERRORS = 50;
const MAX_ERROR_BYTES = 48 * 1024;

/** The first errors of an answer, as many as there is room for and one at least; then one that counts the others. */
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

/** Faults that graphql-js finds in arguments only when it runs: a null by way of a variable that has a default. */
function argumentFault(error: unknown): AppError | null {
  let innermost = error;
  while (innermost instanceof GraphQLError && innermost.originalError instanceof GraphQLError) innermost = innermost.originalError;
  if (!(innermost instanceof GraphQLError) || innermost.originalError !== undefined) return null;
  const name = /^Argument "(\w+)" (?:of|has)/.exec(innermost.message)?.[1];
  return name === undefined ? null : badInput([{ path: name, message: withoutSuggestion(innermost.message) }]);
}

/** Apollo Server refuses some malformed requests with a status and no code. */
function isRefusedRequest(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.originalError !== undefined) return false;
  const status = (error.extensions.http as { status?: number } | undefined)?.status ?? 500;
  return error.extensions.code === undefined && status >= 400 && status < 500;
}

/**
 * What a client gets of an error, on every transport: errors thrown on purpose and faults of the request as they are,
 * everything else masked, with the request id that leads to its log line.
 */
export function publicError(error: unknown, formatted: GraphQLFormattedError, sink: ErrorLog): GraphQLFormattedError {
  const { message, locations, path } = formatted;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  const known = appErrorIn(error) ?? argumentFault(error);
  if (known !== null) return { message: known.message, ...place, extensions: { ...known.extensions, code: known.code } };
  const code = isRefusedRequest(error) ? 'BAD_REQUEST' : formatted.extensions?.code;
  // graphql-js repeats names and values of the request whole.
  if (typeof code === 'string' && REQUEST_CODES.has(code)) return { message: shortened(withoutSuggestion(message)), ...place, extensions: { code } };
  const { requestId, traceId } = sink;
  sink.log.error({ err: error, requestId, traceId }, 'An error was masked.');
  return { ...internalError(requestId), ...place };
}

/** The same for any thrown thing. */
export function publicErrorOf(error: unknown, sink: ErrorLog): GraphQLFormattedError {
  const graphql = error instanceof GraphQLError ? error : new GraphQLError(String((error as Error)?.message), { originalError: error as Error });
  return publicError(graphql, graphql.toJSON(), sink);
}
