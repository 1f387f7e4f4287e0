/** When a code comes, what a client should do, and the HTTP statuses of GraphQL answers with it; 200 where it stands at a field. */
export interface CodeRow {
  when: string;
  advice: string;
  /** A status other than 200 belongs to the refusal of a whole request, in `application/graphql-response+json`. */
  statuses: readonly [number, ...number[]];
}

/** Every code that `extensions.code`, a verdict or a task can have. The enum `ErrorCode`, docs/errors.md and the SDK are made from it. */
export const ERROR_CODES = {
  UNAUTHENTICATED: {
    when: 'Nobody is signed in: the token is missing, malformed, expired or revoked, or its user is unknown or inactive. The words are the same for each.',
    advice: 'Get a fresh token or API key and send the request again.',
    statuses: [401, 200],
  },
  FORBIDDEN: {
    when: 'You see the object but may not do this. `requires` names the missing permissions and the datacenter where they are needed.',
    advice: 'Do not try again. Hide the action, or show the message; `actions` of an object tells beforehand.',
    statuses: [200, 403],
  },
  NOT_FOUND: {
    when: 'There is no such object, or you may not see it; the two are told apart nowhere. At HTTP: there is nothing at this path.',
    advice: 'Show the message at the field that `fields` names, and read the list again.',
    statuses: [200, 404],
  },
  ALREADY_EXISTS: {
    when: 'A name, a label, a UUID or an attachment is taken. `fields` names the inputs.',
    advice: 'Ask for another value, or use what is there.',
    statuses: [200],
  },
  BAD_USER_INPUT: {
    when: 'Values of the input break a rule. `fields` lists all of them at once.',
    advice: 'Show each message at its field; do not send the same input again.',
    statuses: [200, 400],
  },
  CONFLICT: {
    when: 'The object was changed since you read it, and `current` is its value now; or an `idempotencyKey` was used for another input, and `current` is the task that it made.',
    advice: 'Show what is new, let the user decide, and send the change again with the new value of `ifUpdatedAt`. For another input, take another key.',
    statuses: [200],
  },
  RATE_LIMITED: {
    when: 'The budget of the user or the address is used up for the moment. `retryAfter`, and Retry-After, are the seconds to wait.',
    advice: 'Wait that long, then send the request again.',
    statuses: [429, 200],
  },
  IMAGE_NOT_READY: {
    when: 'A task works on the image, which is PENDING, or on its base.',
    advice: 'Watch the task with `taskChanged`, and try again once it has ended.',
    statuses: [200],
  },
  IMAGE_IN_USE: {
    when: 'Servers have disks made from the image. `count` and `servers` say how many, and which of them you can see.',
    advice: 'Remove those disks, or set the access of the image to DELETED.',
    statuses: [200],
  },
  IMAGE_HAS_CHILDREN: {
    when: 'Other images build on the image. `count` and `children` say how many, and which of them you can see.',
    advice: 'Delete the children first, or set the access of the image to DELETED.',
    statuses: [200],
  },
  IMAGE_NOT_USABLE: {
    when: 'A disk of a server may not be made from the image; the message says which rule is in the way.',
    advice: 'Choose another image: `usableImages` lists those that can be used.',
    statuses: [200],
  },
  IMAGE_LIMIT_REACHED: {
    when: 'The datacenter has as many bound images as its VMS_IMAGE_LIMIT allows.',
    advice: 'Delete or release an image that is bound to it, or have a SuperAdmin raise the limit.',
    statuses: [200],
  },
  IMAGE_SERVER_UNAVAILABLE: {
    when: 'The image server cannot take work: it is not running, or its store cannot be reached, written, or has no room (`bytesNeeded`, `bytesFree`). Nothing was changed.',
    advice: 'Try again later, and tell the operator; `imageServer.available` says when.',
    statuses: [200],
  },
  STORE_MISMATCH: {
    when: 'The image store is not the one that the catalogue was written with. Reads go on; nothing is imported, changed or deleted.',
    advice: 'Tell the operator: bring the right store back, or accept this one with `image-gateway store adopt`.',
    statuses: [200],
  },
  SNAPSHOT_NOT_READY: {
    when: 'The snapshot is not OK: it is being made, rolled back, or used for an image.',
    advice: 'Wait until its status is OK, then try again.',
    statuses: [200],
  },
  SERVER_NOT_OPERATIONAL: {
    when: 'The server has a status in which no image can be created from its snapshots.',
    advice: 'Bring it to RUNNING, STOPPED, STOPPING or FROZEN.',
    statuses: [200],
  },
  SERVER_IS_IMAGE_SERVER: {
    when: 'The server is the image server, and so cannot be unregistered.',
    advice: 'Name another image server, or none, in the global settings first.',
    statuses: [200],
  },
  DATACENTER_NOT_EMPTY: {
    when: 'The datacenter has servers, and so cannot be deleted.',
    advice: 'Unregister or move them first.',
    statuses: [200],
  },
  INVALID_MANIFEST: {
    when: 'What is at the address is no manifest, or no list of them. `problems` lists what is wrong with it.',
    advice: 'Correct the address or the manifest.',
    statuses: [200],
  },
  MANIFEST_UNREACHABLE: {
    when: 'The manifest cannot be fetched.',
    advice: 'Check the address; try again once the server answers.',
    statuses: [200],
  },
  FILE_UNREACHABLE: {
    when: 'The file of the image, or the data of the snapshot, cannot be read to its end.',
    advice: 'Check the address; start again once the server answers.',
    statuses: [200],
  },
  NO_FILE: {
    when: 'The image has no file, or its repository names none.',
    advice: 'Place the file in the image store, or choose another image.',
    statuses: [200],
  },
  CHECKSUM_MISMATCH: {
    when: 'The file is not the one that its manifest or the catalogue describes: the size or a hash differs.',
    advice: 'Have the file or the manifest corrected at its source, then start again.',
    statuses: [200],
  },
  MISSING_ORIGIN: {
    when: 'The image builds on one that is not in the catalogue. `origin` is its UUID, `repository` where it can be had.',
    advice: 'Import that image first, or give `includeOrigins: true`.',
    statuses: [200],
  },
  UNSUPPORTED_TYPE: {
    when: 'The image is of a type that this cloud cannot run.',
    advice: 'Choose another image.',
    statuses: [200],
  },
  UNSUPPORTED_FORMAT: {
    when: 'The file is no disk, but a page, JSON or something else.',
    advice: 'Correct the address of the file.',
    statuses: [200],
  },
  URL_NOT_ALLOWED: {
    when: 'The URL leads to an address that is not public, has another scheme than http or https, or a password.',
    advice: 'Give another URL, or have the operator add its host to FETCH_ALLOW.',
    statuses: [200],
  },
  REPOSITORY_BUSY: {
    when: 'The repository is being loaded.',
    advice: 'Wait until its status is no longer LOADING.',
    statuses: [200],
  },
  REPOSITORY_UNREACHABLE: {
    when: 'The repository gives no usable list; the images before stay.',
    advice: 'Read the message for the cause; try again once the repository answers.',
    statuses: [200],
  },
  TASK_NOT_CANCELLABLE: {
    when: 'The task has ended, or is past the point where it can be stopped.',
    advice: 'Read the task again.',
    statuses: [200],
  },
  CANCELLED: {
    when: 'Only of a task: somebody cancelled it.',
    advice: 'Start it again if it is wanted after all.',
    statuses: [200],
  },
  QUERY_TOO_COMPLEX: {
    when: 'The operation costs more than one may, is too deep or too long, or took too long.',
    advice: 'Ask for less: smaller pages, fewer fields, a narrower filter.',
    statuses: [400, 200],
  },
  TOO_MANY_OPERATIONS: {
    when: 'The user has as many operations, sockets or streams open as one user may.',
    advice: 'Complete some of them first.',
    statuses: [429],
  },
  SLOW_READER: {
    when: 'A stream was ended because its reader did not keep up, or events were lost.',
    advice: 'Read the present state, and subscribe again.',
    statuses: [200],
  },
  DOCUMENT_NOT_TRUSTED: {
    when: 'The gateway runs trusted documents only, and this is none of them.',
    advice: 'Have the document added to the manifest of the gateway.',
    statuses: [403],
  },
  GRAPHQL_PARSE_FAILED: {
    when: 'The document is no GraphQL.',
    advice: 'Correct it; `locations` says where.',
    statuses: [400],
  },
  GRAPHQL_VALIDATION_FAILED: {
    when: 'The document does not fit the schema.',
    advice: 'Correct it; generate clients from `schema.graphql`.',
    statuses: [400],
  },
  OPERATION_RESOLUTION_FAILURE: {
    when: 'The document has several operations and none was named, or not the one that was.',
    advice: 'Give the right `operationName`.',
    statuses: [400],
  },
  PERSISTED_QUERY_NOT_FOUND: {
    when: 'No document with this hash is known.',
    advice: 'Send the text of the document with its hash; clients with persisted queries do so by themselves.',
    statuses: [200],
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    when: 'Persisted queries are off.',
    advice: 'Send the text of the document.',
    statuses: [200],
  },
  BAD_REQUEST: {
    when: 'The request is malformed, or was refused as one that a page of another site may have sent.',
    advice: 'Correct it as the message says.',
    statuses: [400, 426],
  },
  METHOD_NOT_ALLOWED: { when: 'The path does not take this HTTP method.', advice: 'Use one that `Allow` names.', statuses: [405] },
  NOT_ACCEPTABLE: { when: 'The answer has no media type that `Accept` names.', advice: 'Accept `application/json`.', statuses: [406] },
  REQUEST_TIMEOUT: { when: 'The request did not arrive in time.', advice: 'Send it faster, or in smaller parts.', statuses: [408] },
  PAYLOAD_TOO_LARGE: { when: 'The body is too long.', advice: 'Send less at once.', statuses: [413] },
  URI_TOO_LONG: { when: 'The address is too long.', advice: 'Send the operation by POST.', statuses: [414] },
  UNSUPPORTED_MEDIA_TYPE: { when: 'The body has a type that is not read here.', advice: 'Send `application/json`.', statuses: [415] },
  HEADERS_TOO_LARGE: { when: 'The headers are too long.', advice: 'Send fewer or shorter ones.', statuses: [431] },
  SHUTTING_DOWN: { when: 'The process stops.', advice: 'Send the request again: another process, or the next one, takes it.', statuses: [503] },
  DATABASE_UNAVAILABLE: {
    when: 'The database of the gateway cannot be reached, or cannot be written, at present. `retryAfter`, and Retry-After, are the seconds to wait.',
    advice: 'Wait that long, then send the request again. A change whose answer was lost may have been made: read first, or give an `idempotencyKey`.',
    statuses: [503, 200],
  },
  INTERNAL_SERVER_ERROR: {
    when: 'Something went wrong in the gateway. `requestId` leads to the line in its log.',
    advice: 'Try again in a moment; report it with the request id if it stays.',
    statuses: [200, 500],
  },
} as const satisfies Record<string, CodeRow>;

/** Stable codes that clients may branch on; messages are for people and may change. */
export type ErrorCode = keyof typeof ERROR_CODES;

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

/** A stored code; INTERNAL_SERVER_ERROR for one that only another version of the gateway knows. */
export function storedErrorCode(code: string | null): ErrorCode | null {
  return code === null || isErrorCode(code) ? code : 'INTERNAL_SERVER_ERROR';
}

/** The rules that a value of an input can break, as the `code` of an entry of `extensions.fields`; an `ErrorCode` stands there too. */
export const FIELD_CODES = {
  REQUIRED: 'A value is needed, and nothing or null was given.',
  WRONG_TYPE: 'The `value` is not of the `type` that the schema says.',
  UNKNOWN_FIELD: 'The type has no such field.',
  NOT_ACCEPTED: 'The `value` is none of those that are accepted, or is not accepted in the present state.',
  INVALID_FORMAT: 'The text in `value` does not have the form that it must have.',
  OUT_OF_RANGE: 'The number or the time in `value` is below `min` or above `max`.',
  TOO_LONG: 'The text has too many characters: `given` of `accepted`.',
  TOO_MANY: 'The list or the object has too many values: `given` of `accepted`.',
  TOO_DEEP: 'The value is nested deeper than `accepted` levels.',
  DUPLICATE: 'The `value` is given twice.',
  EXCLUSIVE: 'The field cannot be given together with the one in `other`.',
} as const;

/** What is wrong with one field: the rule that its value breaks, or the refusal that the value led to. */
export type FieldCode = keyof typeof FIELD_CODES | ErrorCode;
