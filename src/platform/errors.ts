import { visibleText } from './display-text.js';
import type { ErrorCode, FieldCode } from './error-codes.js';
import { truncate, boundMessage, boundData, quoteValue, redactAndTruncate } from './message-text.js';

/** The values that a message names, so that a client can write its own. */
export type FieldParams = Readonly<Record<string, string | number>>;

/** One fault in the caller's input; `path` is the argument or field as the caller wrote it. */
export interface FieldError {
  path: string;
  /** The rule that was broken. */
  code: FieldCode;
  message: string;
  params?: FieldParams;
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

/** After how many seconds a caller may ask a database again that was away. */
export const DATABASE_RETRY_SECONDS = 3;

/** The database cannot be reached or written for now. */
export function databaseUnavailable(): AppError {
  const message = `The database of the gateway cannot be reached or written at present. Try again in ${DATABASE_RETRY_SECONDS} seconds; a change whose answer did not come may have been made.`;
  return new AppError('DATABASE_UNAVAILABLE', message, { retryAfter: DATABASE_RETRY_SECONDS });
}

/** One message for every failed sign-in, so that it does not tell which accounts exist. */
export function unauthenticated(): AppError {
  return new AppError('UNAUTHENTICATED', 'Sign in first: send "Authorization: Bearer <token>" with a valid token or API key; over WebSocket, as "authorization" in connectionParams.');
}

/** The input fields that an error blames, by their path, with the value of each. */
export type BlamedFields = Readonly<Record<string, string | number | null>>;

/** The same error with an entry of `extensions.fields` per blamed field, so that a form can show it there. Leaves one that has entries as it is. */
export function blame(error: AppError, blamed: BlamedFields): AppError {
  const { code, message, extensions, cause } = error;
  const paths = Object.entries(blamed);
  if (paths.length === 0 || extensions['fields'] !== undefined) return error;
  const fields = paths.map(([path, value]) => boundField({ path, code, message, params: value === null ? {} : { value } }));
  return new AppError(code, message, { ...extensions, fields }, { cause });
}

/** Runs what an input field leads to, such as a fetch from its URL: an error that may be shown blames the field. */
export async function blaming<T>(blamed: BlamedFields, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof AppError ? blame(error, blamed) : error;
  }
}

/** One error for a thing that does not exist and for one that the caller may not see; `path` is the input that names it. */
export function notFound(kind: string, value: string, path?: string): AppError {
  const error = new AppError('NOT_FOUND', `There is no ${kind} ${quoteValue(value)} that you can see.`);
  return path === undefined ? error : blame(error, { [path]: value });
}

/** The name or id is taken; the message says by what. */
export function alreadyExists(message: string, blamed: BlamedFields = {}): AppError {
  return blame(new AppError('ALREADY_EXISTS', message), blamed);
}

/** The fault of a text that breaks a rule: it is empty, has more than `most` characters, or another form. */
export function textFault(path: string, message: string, text: string, most: number): FieldError {
  const given = [...text].length;
  if (given > most) return { path, code: 'TOO_LONG', message, params: { given, accepted: most } };
  return { path, code: given === 0 ? 'REQUIRED' : 'INVALID_FORMAT', message, params: { value: text } };
}

/** The fault of a name that nothing has. */
export function unknownName(path: string, kind: string, name: string): FieldError {
  return { path, code: 'NOT_FOUND', message: `There is no ${kind} ${quoteValue(name)}.`, params: { value: name } };
}

/** What the caller relied on is another by now; `current` is its value at present. */
export function conflict(message: string, current: unknown): AppError {
  return new AppError('CONFLICT', message, { current });
}

/** Most faults that one error lists, and the most bytes of JSON that they take together. */
const MAX_FIELDS = 100;
const MAX_FIELD_BYTES = 24 * 1024;
const MAX_FIELD_MESSAGE_CHARACTERS = 500;

function boundField({ path, code, message, params = {} }: FieldError): Required<FieldError> {
  const bounded = boundData(params, 0, (text) => visibleText(redactAndTruncate(text))) as FieldParams; // the same shape
  return { path: truncate(path), code, message: boundMessage(message, MAX_FIELD_MESSAGE_CHARACTERS), params: bounded };
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
