import { truncate, boundMessage, boundData, quoteValue } from './message-text.js';

/** Stable codes that clients may branch on; messages are for people and may change. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'BAD_USER_INPUT'
  | 'CONFLICT'
  | 'IMAGE_NOT_READY'
  | 'IMAGE_IN_USE'
  | 'IMAGE_HAS_CHILDREN'
  | 'IMAGE_NOT_USABLE'
  | 'IMAGE_LIMIT_REACHED'
  | 'IMAGE_SERVER_UNAVAILABLE'
  | 'STORE_MISMATCH'
  | 'SNAPSHOT_NOT_READY'
  | 'SERVER_NOT_OPERATIONAL'
  | 'SERVER_IS_IMAGE_SERVER'
  | 'DATACENTER_NOT_EMPTY'
  | 'INVALID_MANIFEST'
  | 'MANIFEST_UNREACHABLE'
  | 'FILE_UNREACHABLE'
  | 'NO_FILE'
  | 'CHECKSUM_MISMATCH'
  | 'MISSING_ORIGIN'
  | 'UNSUPPORTED_TYPE'
  | 'UNSUPPORTED_FORMAT'
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

/** One fault in the caller's input; `path` is the argument or field as the caller wrote it. */
export interface FieldError {
  path: string;
  message: string;
  /** The rule that was broken. With `params`, the values in the message, a client can write its own message. */
  code?: 'TOO_LONG' | 'TOO_MANY' | 'TOO_DEEP';
  params?: Readonly<Record<string, string | number>>;
}

/**
 * An error that the caller may see: its message names the thing, the value and what would be accepted. The transports mask every
 * other error as an internal one. The constructor removes user, password and query from URLs and bounds the size: each value in
 * the message to 200 characters, the message to 2,000, texts in `extensions` to 500 characters and lists to 100 items.
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

/** One message for every failed sign-in, so that it does not tell which accounts exist. */
export function unauthenticated(): AppError {
  return new AppError('UNAUTHENTICATED', 'Sign in first: send "Authorization: Bearer <token>" with a valid token or API key.');
}

/** One error for a thing that does not exist and for one that the caller may not see. */
export function notFound(kind: string, value: string): AppError {
  return new AppError('NOT_FOUND', `There is no ${kind} ${quoteValue(value)} that you can see.`);
}

/** The name or id is taken; the message says by what. */
export function alreadyExists(message: string): AppError {
  return new AppError('ALREADY_EXISTS', message);
}

/** What the caller relied on is another by now; `current` is its value at present. */
export function conflict(message: string, current: unknown): AppError {
  return new AppError('CONFLICT', message, { current });
}

/** Most faults that one error lists, and the most bytes of JSON that they take together. */
const MAX_FIELDS = 100;
const MAX_FIELD_BYTES = 24 * 1024;
const MAX_FIELD_MESSAGE_CHARACTERS = 500;

function boundField({ path, message, ...rest }: FieldError): FieldError {
  return { path: truncate(path), message: boundMessage(message, MAX_FIELD_MESSAGE_CHARACTERS), ...rest };
}

/** As many of the first faults as fit into one error, at least one. */
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

/** Reports all faults at once, so that a user can correct a form in one go. `fieldsLeftOut` counts those that do not fit. */
export function badInput(fields: readonly FieldError[]): AppError {
  const named = fieldsThatFit(fields);
  const left = fields.length - named.length;
  const summary = named.map((field) => `${field.path}: ${field.message}`).join('; ');
  const more = left === 0 ? '' : `${fields.length} faults, of which ${named.length} are named. `;
  return new AppError('BAD_USER_INPUT', `${more}${summary}`, { fields: named, ...(left > 0 && { fieldsLeftOut: left }) });
}

/** The permissions that the caller lacks, and the datacenter in which they are needed (null: in all of them). */
export interface Requirement {
  permissions: readonly string[];
  datacenter: string | null;
}

/** The caller lacks permissions; clients find them in `extensions.requires`. */
export function forbidden(message: string, requires: Requirement): AppError {
  return new AppError('FORBIDDEN', message, { requires });
}
