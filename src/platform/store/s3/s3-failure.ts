import { AppError } from '../../errors.js';
import { reasonOf } from '../../fetch/fetch-failure.js';
import { redactUrl } from '../../fetch/redact-url.js';
import { truncate } from '../../message-text.js';
import { NoAnswer } from '../../scheduling/within-time.js';
import { errorCode } from '../safe-open.js';
import { nameOfS3, type S3Location } from './s3-location.js';

const EXPIRED = 'the credentials have expired; renew them, such as AWS_SESSION_TOKEN';
const UNKNOWN_KEY = 'the access key is not known there; check AWS_ACCESS_KEY_ID, or the profile';
/** What an operator can do about an error of the storage, by its code. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['NoSuchBucket', 'there is no such bucket; make it first'],
  ['NoSuchKey', 'the object is not there any more'],
  ['NoSuchUpload', 'the upload is not there any more: another attempt has completed it, or somebody or a rule of the bucket has dropped it'],
  ['CredentialsProviderError', 'there are no credentials; accepted: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile in the files of the AWS tools, or a role of the machine'],
  ['InvalidAccessKeyId', UNKNOWN_KEY],
  ['SignatureDoesNotMatch', 'the secret key is not that of the access key; check AWS_SECRET_ACCESS_KEY, or the profile'],
  ['ExpiredToken', EXPIRED],
  ['ExpiredTokenException', EXPIRED],
  ['TokenRefreshRequired', EXPIRED],
  ['RequestExpired', EXPIRED],
  ['InvalidToken', 'the session token is not valid there; check AWS_SESSION_TOKEN, or the profile'],
  ['InvalidClientTokenId', UNKNOWN_KEY],
  ['UnrecognizedClientException', UNKNOWN_KEY],
  ['RequestTimeTooSkewed', 'the clock here or there is wrong by more than the storage accepts'],
  ['PermanentRedirect', 'the bucket is in another region, or at another endpoint; correct region or endpoint in IMAGE_STORE'],
  ['AuthorizationHeaderMalformed', 'the bucket is in another region; correct region in IMAGE_STORE'],
  ['SlowDown', 'it asks for fewer requests'],
  ['BadDigest', 'bytes were changed on the way there; their checksum differs'],
  ['TimeoutError', 'no connection could be made in time'],
]);
const STATUS_REASONS: ReadonlyMap<number, string> = new Map([
  [301, 'the bucket is in another region, or at another endpoint; correct region or endpoint in IMAGE_STORE'],
  [403, 'access is denied; check the credentials and the policy of the bucket'],
  [404, 'there is no such bucket'],
]);
const FULL = new Set(['QuotaExceeded', 'StorageFull', 'XMinioStorageFull', 'InsufficientStorage', 'EntityTooLarge']);
const PASSING = new Set(['BadDigest', 'IncompleteBody', 'RequestTimeout', 'RequestTimeTooSkewed', 'OperationAborted', 'SlowDown']);
const PASSING_STATUSES = new Set([408, 429]);
const INSUFFICIENT_STORAGE = 507;
const MAX_CODE_CHARACTERS = 60;

/**
 * IMAGE_SERVER_UNAVAILABLE that names the store and why it cannot be used. It does not keep the error of the client, which has the whole
 * request with its signature.
 */
export class S3Failure extends AppError {
  /** The code of the storage, such as NoSuchKey; of an answer without a body a guess by its status; empty without an answer. */
  readonly reason: string;
  /** HTTP status; 0 without an answer. */
  readonly status: number;

  constructor(location: S3Location, error: unknown) {
    const [store, words] = [nameOfS3(location), wordsOf(location, error)];
    super('IMAGE_SERVER_UNAVAILABLE', `The image store ${store} cannot be used: ${words}.`);
    this.reason = codeOf(error);
    this.status = statusOf(error);
  }

  /** Whether the object, the upload or the bucket is not there. A bucket that is missing is no missing object. */
  get isAbsent(): boolean {
    return this.status === 404 && this.reason !== 'NoSuchBucket';
  }

  /** The storage does not know this kind of request. */
  get isUnknownRequest(): boolean {
    return this.status === 501 || this.status === 405 || this.reason === 'NotImplemented';
  }

  /** Whether the same request may succeed a little later: there was no answer, or one that tells of the moment. */
  get mayPass(): boolean {
    if (this.isFull || this.isUnknownRequest) return false;
    return this.status === 0 || this.status >= 500 || PASSING_STATUSES.has(this.status) || PASSING.has(this.reason);
  }

  get isFull(): boolean {
    return FULL.has(this.reason) || this.status === INSUFFICIENT_STORAGE;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && statusOf(error) !== 0 ? error.name : '';
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !('$metadata' in error)) return 0;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
  return httpStatusCode ?? 0;
}

function requestIdOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('$metadata' in error)) return null;
  return (error.$metadata as { requestId?: string }).requestId ?? null;
}

/** Without pathStyle, the name that is looked up is not that of the endpoint. */
function unknownHost({ bucket, endpoint, pathStyle }: S3Location, error: unknown): string | null {
  if (pathStyle || endpoint === null || errorCode(error) !== 'ENOTFOUND') return null;
  return `the host name ${bucket}.${URL.parse(endpoint)?.hostname} is not known; set pathStyle=true in IMAGE_STORE where buckets have no host names`;
}

function wordsOf(location: S3Location, error: unknown): string {
  const { endpoint } = location;
  const known = error instanceof Error ? REASONS.get(error.name) : undefined;
  const status = statusOf(error);
  if (status === 0) {
    const asked = endpoint === null ? '' : `${redactUrl(endpoint)}: `;
    const reason = known ?? unknownHost(location, error) ?? (error instanceof NoAnswer ? error.message : reasonOf(error));
    return `${asked}${reason}`;
  }
  const name = truncate(codeOf(error), MAX_CODE_CHARACTERS);
  const id = requestIdOf(error);
  const told = [name === 'Unknown' || name === 'UnknownError' ? null : name, String(status), id === null ? null : `request ${truncate(id, MAX_CODE_CHARACTERS)}`];
  return `${known ?? STATUS_REASONS.get(status) ?? 'it answered with an error'} (${told.filter((word) => word !== null).join(', ')})`;
}
