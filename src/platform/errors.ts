import { truncate, boundMessage, boundData, quoteValue } from './message-text.js';

/** Stable codes a client may branch on; the message beside each is for people and may change. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'BAD_USER_INPUT'
  | 'IMAGE_NOT_READY'
  | 'IMAGE_IN_USE'
  | 'IMAGE_NOT_USABLE'
  | 'IMAGE_LIMIT_REACHED'
  | 'IMAGE_SERVER_UNAVAILABLE'
  | 'SNAPSHOT_NOT_READY'
  | 'SERVER_NOT_OPERATIONAL'
  | 'SERVER_IS_IMAGE_SERVER'
  | 'DATACENTER_NOT_EMPTY'
  | 'INVALID_MANIFEST'
  | 'MANIFEST_UNREACHABLE'
  | 'FILE_UNREACHABLE'
  | 'CHECKSUM_MISMATCH'
  | 'MISSING_ORIGIN'
  | 'UNSUPPORTED_TYPE'
  | 'URL_NOT_ALLOWED'
  | 'REPOSITORY_BUSY'
  | 'REPOSITORY_UNREACHABLE'
  | 'TASK_NOT_CANCELLABLE'
  | 'QUERY_TOO_COMPLEX'
  | 'RATE_LIMITED'
  | 'TOO_MANY_OPERATIONS'
  | 'SLOW_READER'
  | 'DOCUMENT_NOT_TRUSTED'
  | 'BAD_REQUEST';

/** One broken rule of the caller's input: `path` is the argument or field as the caller wrote it. */
export interface FieldError {
  path: string;
  message: string;
  /** Which rule, and the values that the message names, so that a client can word it itself. */
  code?: 'TOO_LONG' | 'TOO_MANY' | 'TOO_DEEP';
  params?: Readonly<Record<string, string | number>>;
}

/**
 * A refusal made on purpose: its message is safe to show and names the thing, the value and what would be accepted.
 * Everything else that is thrown is a fault of ours and is masked at the doors. Whatever it is made of, URLs in it lose user,
 * password and query, and it is small: values in the message are cut to 200 characters, the message to 2,000, and so are texts
 * and lists in `extensions`.
 */
export class AppError extends Error {
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    extensions: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(boundMessage(message), options);
    this.name = 'AppError';
    this.extensions = boundData(extensions) as Readonly<Record<string, unknown>>;
  }
}

/** The same words for every way of not being signed in, so that nothing about accounts leaks. */
export function unauthenticated(): AppError {
  return new AppError('UNAUTHENTICATED', 'Sign in first: send "Authorization: Bearer <token>" with a valid token or API key.');
}

/** "It is not there" and "you may not see it" are one answer. */
export function notFound(kind: string, value: string): AppError {
  return new AppError('NOT_FOUND', `There is no ${kind} ${quoteValue(value)} that you can see.`);
}

export function alreadyExists(message: string): AppError {
  return new AppError('ALREADY_EXISTS', message);
}

/** Faults that one error names, and bytes that they may take together as JSON. */
const MAX_FIELDS = 100;
const MAX_FIELD_BYTES = 24 * 1024;
const MAX_FIELD_MESSAGE_CHARACTERS = 500;

function boundField({ path, message, ...rest }: FieldError): FieldError {
  return { path: truncate(path), message: boundMessage(message, MAX_FIELD_MESSAGE_CHARACTERS), ...rest };
}

/** The first of the faults, as many as an answer has room for; one at least. */
function fieldsThatFit(fields: readonly FieldError[]): FieldError[] {
  const named: FieldError[] = [];
  let bytes = 0;
  for (const field of fields.slice(0, MAX_FIELDS).map(boundField)) {
    bytes += Buffer.byteLength(JSON.stringify(field));
    if (named.length > 0 && bytes > MAX_FIELD_BYTES) break;
    named.push(field);
  }
  return named;
}

/** All broken fields at once, so that a form can be mended in one go; `fieldsLeftOut` counts those that an answer has no room for. */
export function badInput(fields: readonly FieldError[]): AppError {
  const named = fieldsThatFit(fields);
  const left = fields.length - named.length;
  const summary = named.map((field) => `${field.path}: ${field.message}`).join('; ');
  const more = left === 0 ? '' : `${fields.length} faults, of which ${named.length} are named. `;
  return new AppError('BAD_USER_INPUT', `${more}${summary}`, { fields: named, ...(left > 0 && { fieldsLeftOut: left }) });
}

/** What is missing: the permissions the caller lacks, and the datacenter where (null: everywhere). */
export interface Requirement {
  permissions: readonly string[];
  datacenter: string | null;
}

export function forbidden(message: string, requires: Requirement): AppError {
  return new AppError('FORBIDDEN', message, { requires });
}
