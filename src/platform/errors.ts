import { withoutUrlSecrets } from './shown-url.js';

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
}

/**
 * A refusal made on purpose: its message is safe to show and names the thing, the value and what would be accepted. URLs in it
 * lose user, password and query.
 * Everything else that is thrown is a fault of ours and is masked at the doors.
 */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly extensions: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(withoutUrlSecrets(message), options);
    this.name = 'AppError';
  }
}

/** The same words for every way of not being signed in, so that nothing about accounts leaks. */
export function unauthenticated(): AppError {
  return new AppError('UNAUTHENTICATED', 'Sign in first: send "Authorization: Bearer <token>" with a valid token or API key.');
}

/** "It is not there" and "you may not see it" are one answer. */
export function notFound(kind: string, value: string): AppError {
  return new AppError('NOT_FOUND', `There is no ${kind} "${value}" that you can see.`);
}

export function alreadyExists(message: string): AppError {
  return new AppError('ALREADY_EXISTS', message);
}

/** All broken fields at once, so that a form can be mended in one go. */
export function badInput(fields: readonly FieldError[]): AppError {
  const summary = fields.map((field) => `${field.path}: ${field.message}`).join('; ');
  return new AppError('BAD_USER_INPUT', summary, { fields });
}

/** What is missing: the permissions the caller lacks, and the datacenter where (null: everywhere). */
export interface Requirement {
  permissions: readonly string[];
  datacenter: string | null;
}

export function forbidden(message: string, requires: Requirement): AppError {
  return new AppError('FORBIDDEN', message, { requires });
}
