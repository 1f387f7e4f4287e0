/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** An image and the datacenter to attach it to or detach it from. */
export type AttachImageInput = {
  /** Name of the datacenter. */
  readonly datacenter: string;
  /** True: only checks and tells. The errors are the same, `warnings` say what would happen, and nothing changes; the image and the task answered are what they would be. */
  readonly dryRun?: boolean | null | undefined;
  /** Name of the image. */
  readonly image: string;
};

/** What happened to an image. */
export const ChangeKind = {
  /** It came into the catalogue, perhaps still PENDING. */
  Created: 'CREATED',
  /** It is gone from the catalogue; only its name and UUID remain to be told. */
  Deleted: 'DELETED',
  /** It still exists, but you can see it no longer, or no longer in the datacenter that you listen to: it was made PRIVATE, set DELETED, detached, became PENDING where you may only use it, or you lost rights. Only its name and UUID are told. */
  Hidden: 'HIDDEN',
  /** A field, its status, its binding or its attachments changed, or it came into your sight: add it where you do not have it. */
  Updated: 'UPDATED'
} as const;

export type ChangeKind = typeof ChangeKind[keyof typeof ChangeKind];
/** An image to create from a snapshot. It gets the size of the snapshot's disk and the server's OS type, and is bound to the server's datacenter. */
export type CreateImageFromSnapshotInput = {
  /** Who can use it. */
  readonly access?: ImageAccess | null | undefined;
  /** Name for display: 1 to 32 characters, no control, format or bidirectional characters, `<` or `>`; unique together with the version, upper and lower case are the same. Outer spaces are removed. Left out or null: the name. */
  readonly alias?: string | null | undefined;
  /** Whether a new server shuts down once deployed from it. */
  readonly deploy?: boolean | null | undefined;
  /** Free text, at most 128 characters; none when left out or null. */
  readonly description?: string | null | undefined;
  /** Which disk of the server, counted from 1. */
  readonly diskId?: number;
  /** True: only checks and tells. The errors are the same, `warnings` say what would happen, and nothing changes; the image and the task answered are what they would be. */
  readonly dryRun?: boolean | null | undefined;
  /** Unique name of the image: at most 32 letters, digits or `.`, `_`, `-`, the first a letter or digit. It cannot be changed later. */
  readonly name: string;
  /** Username of its owner, who must be active. Left out or null: you. */
  readonly owner?: string | null | undefined;
  /** Whether it can grow to fill a larger disk. */
  readonly resize?: boolean | null | undefined;
  /** The server, by hostname or UUID. */
  readonly server: string;
  /** Name of the snapshot. */
  readonly snapshot: string;
  /** At most 32 different tags, each at most 64 letters, digits, spaces or `:`, `/`, `_`, `-`. Left out or null: those of the manifest of an import, else none. */
  readonly tags?: ReadonlyArray<string> | null | undefined;
  /** 1 to 16 characters, no control, format or bidirectional characters, `<` or `>`. Outer spaces are removed. */
  readonly version?: string | null | undefined;
};

/** Who can see a datacenter and use what is in it. */
export const DatacenterAccess = {
  /** SuperAdmins, the owner, and members of attached groups. To everybody else the datacenter does not exist. */
  Private: 'PRIVATE',
  /** Every active user. The default datacenter is always public. */
  Public: 'PUBLIC'
} as const;

export type DatacenterAccess = typeof DatacenterAccess[keyof typeof DatacenterAccess];
/** Something that can be done in a datacenter. */
export const DatacenterAction = {
  /** Change its settings, with `updateDatacenterSettings`. */
  ChangeSettings: 'CHANGE_SETTINGS',
  /** Create an image from a snapshot of a server in it, with `createImageFromSnapshot`. */
  CreateFromSnapshot: 'CREATE_FROM_SNAPSHOT',
  /** Remove it, with `deleteDatacenter`. */
  Delete: 'DELETE',
  /** Import an image that is bound to it, with `importImage` or `importRepositoryImage`. */
  Import: 'IMPORT',
  /** Import an image that is bound to no datacenter, with `dcBound: false`. The same in every datacenter. */
  ImportUnbound: 'IMPORT_UNBOUND',
  /** See all images attached to it, with `images`. */
  ListImages: 'LIST_IMAGES',
  /** Change it, with `updateDatacenter`. */
  Update: 'UPDATE'
} as const;

export type DatacenterAction = typeof DatacenterAction[keyof typeof DatacenterAction];
/** An image to delete. */
export type DeleteImageInput = {
  /** True: only checks and tells. The errors are the same, `warnings` say what would happen, and nothing changes; the image and the task answered are what they would be. */
  readonly dryRun?: boolean | null | undefined;
  /** Name of the image. */
  readonly name: string;
};

/** Every code that `extensions.code` of an error, a verdict or a task can have. Codes are stable; the sentence beside one is for people and may change. */
export const ErrorCode = {
  /** A name, a label, a UUID or an attachment is taken. `fields` names the inputs. Ask for another value, or use what is there. */
  AlreadyExists: 'ALREADY_EXISTS',
  /** The request is malformed, or was refused as one that a page of another site may have sent. Correct it as the message says. */
  BadRequest: 'BAD_REQUEST',
  /** Values of the input break a rule. `fields` lists all of them at once. Show each message at its field; do not send the same input again. */
  BadUserInput: 'BAD_USER_INPUT',
  /** Only of a task: somebody cancelled it. Start it again if it is wanted after all. */
  Cancelled: 'CANCELLED',
  /** The file is not the one that its manifest or the catalogue describes: the size or a hash differs. Have the file or the manifest corrected at its source, then start again. */
  ChecksumMismatch: 'CHECKSUM_MISMATCH',
  /** The object was changed since you read it, and `current` is its value now; or an `idempotencyKey` was used for another input, and `current` is the task that it made. Show what is new, let the user decide, and send the change again with the new value of `ifUpdatedAt`. For another input, take another key. */
  Conflict: 'CONFLICT',
  /** The database of the gateway cannot be reached, or cannot be written, at present. `retryAfter`, and Retry-After, are the seconds to wait. Wait that long, then send the request again. A change whose answer was lost may have been made: read first, or give an `idempotencyKey`. */
  DatabaseUnavailable: 'DATABASE_UNAVAILABLE',
  /** The datacenter has servers, and so cannot be deleted. Unregister or move them first. */
  DatacenterNotEmpty: 'DATACENTER_NOT_EMPTY',
  /** The gateway runs trusted documents only, and this is none of them. Have the document added to the manifest of the gateway. */
  DocumentNotTrusted: 'DOCUMENT_NOT_TRUSTED',
  /** The file of the image, or the data of the snapshot, cannot be read to its end. Check the address; start again once the server answers. */
  FileUnreachable: 'FILE_UNREACHABLE',
  /** You see the object but may not do this. `requires` names the missing permissions and the datacenter where they are needed. Do not try again. Hide the action, or show the message; `actions` of an object tells beforehand. */
  Forbidden: 'FORBIDDEN',
  /** The document is no GraphQL. Correct it; `locations` says where. */
  GraphqlParseFailed: 'GRAPHQL_PARSE_FAILED',
  /** The document does not fit the schema. Correct it; generate clients from `schema.graphql`. */
  GraphqlValidationFailed: 'GRAPHQL_VALIDATION_FAILED',
  /** The headers are too long. Send fewer or shorter ones. */
  HeadersTooLarge: 'HEADERS_TOO_LARGE',
  /** Other images build on the image. `count` and `children` say how many, and which of them you can see. Delete the children first, or set the access of the image to DELETED. */
  ImageHasChildren: 'IMAGE_HAS_CHILDREN',
  /** Servers have disks made from the image. `count` and `servers` say how many, and which of them you can see. Remove those disks, or set the access of the image to DELETED. */
  ImageInUse: 'IMAGE_IN_USE',
  /** The datacenter has as many bound images as its VMS_IMAGE_LIMIT allows. Delete or release an image that is bound to it, or have a SuperAdmin raise the limit. */
  ImageLimitReached: 'IMAGE_LIMIT_REACHED',
  /** A task works on the image, which is PENDING, or on its base. Watch the task with `taskChanged`, and try again once it has ended. */
  ImageNotReady: 'IMAGE_NOT_READY',
  /** A disk of a server may not be made from the image; the message says which rule is in the way. Choose another image: `usableImages` lists those that can be used. */
  ImageNotUsable: 'IMAGE_NOT_USABLE',
  /** The image server cannot take work: it is not running, or its store cannot be reached, written, or has no room (`bytesNeeded`, `bytesFree`). Nothing was changed. Try again later, and tell the operator; `imageServer.available` says when. */
  ImageServerUnavailable: 'IMAGE_SERVER_UNAVAILABLE',
  /** Something went wrong in the gateway. `requestId` leads to the line in its log. Try again in a moment; report it with the request id if it stays. */
  InternalServerError: 'INTERNAL_SERVER_ERROR',
  /** What is at the address is no manifest, or no list of them. `problems` lists what is wrong with it. Correct the address or the manifest. */
  InvalidManifest: 'INVALID_MANIFEST',
  /** The manifest cannot be fetched. Check the address; try again once the server answers. */
  ManifestUnreachable: 'MANIFEST_UNREACHABLE',
  /** The path does not take this HTTP method. Use one that `Allow` names. */
  MethodNotAllowed: 'METHOD_NOT_ALLOWED',
  /** The image builds on one that is not in the catalogue. `origin` is its UUID, `repository` where it can be had. Import that image first, or give `includeOrigins: true`. */
  MissingOrigin: 'MISSING_ORIGIN',
  /** The answer has no media type that `Accept` names. Accept `application/json`. */
  NotAcceptable: 'NOT_ACCEPTABLE',
  /** There is no such object, or you may not see it; the two are told apart nowhere. At HTTP: there is nothing at this path. Show the message at the field that `fields` names, and read the list again. */
  NotFound: 'NOT_FOUND',
  /** The image has no file, or its repository names none. Place the file in the image store, or choose another image. */
  NoFile: 'NO_FILE',
  /** The document has several operations and none was named, or not the one that was. Give the right `operationName`. */
  OperationResolutionFailure: 'OPERATION_RESOLUTION_FAILURE',
  /** The body is too long. Send less at once. */
  PayloadTooLarge: 'PAYLOAD_TOO_LARGE',
  /** No document with this hash is known. Send the text of the document with its hash; clients with persisted queries do so by themselves. */
  PersistedQueryNotFound: 'PERSISTED_QUERY_NOT_FOUND',
  /** Persisted queries are off. Send the text of the document. */
  PersistedQueryNotSupported: 'PERSISTED_QUERY_NOT_SUPPORTED',
  /** The operation costs more than one may, is too deep or too long, or took too long. Ask for less: smaller pages, fewer fields, a narrower filter. */
  QueryTooComplex: 'QUERY_TOO_COMPLEX',
  /** The budget of the user or the address is used up for the moment. `retryAfter`, and Retry-After, are the seconds to wait. Wait that long, then send the request again. */
  RateLimited: 'RATE_LIMITED',
  /** The repository is being loaded. Wait until its status is no longer LOADING. */
  RepositoryBusy: 'REPOSITORY_BUSY',
  /** The repository gives no usable list; the images before stay. Read the message for the cause; try again once the repository answers. */
  RepositoryUnreachable: 'REPOSITORY_UNREACHABLE',
  /** The request did not arrive in time. Send it faster, or in smaller parts. */
  RequestTimeout: 'REQUEST_TIMEOUT',
  /** The server is the image server, and so cannot be unregistered. Name another image server, or none, in the global settings first. */
  ServerIsImageServer: 'SERVER_IS_IMAGE_SERVER',
  /** The server has a status in which no image can be created from its snapshots. Bring it to RUNNING, STOPPED, STOPPING or FROZEN. */
  ServerNotOperational: 'SERVER_NOT_OPERATIONAL',
  /** The process stops. Send the request again: another process, or the next one, takes it. */
  ShuttingDown: 'SHUTTING_DOWN',
  /** A stream was ended because its reader did not keep up, or events were lost. Read the present state, and subscribe again. */
  SlowReader: 'SLOW_READER',
  /** The snapshot is not OK: it is being made, rolled back, or used for an image. Wait until its status is OK, then try again. */
  SnapshotNotReady: 'SNAPSHOT_NOT_READY',
  /** The image store is not the one that the catalogue was written with. Reads go on; nothing is imported, changed or deleted. Tell the operator: bring the right store back, or accept this one with `image-gateway store adopt`. */
  StoreMismatch: 'STORE_MISMATCH',
  /** The task has ended, or is past the point where it can be stopped. Read the task again. */
  TaskNotCancellable: 'TASK_NOT_CANCELLABLE',
  /** The user has as many operations, sockets or streams open as one user may. Complete some of them first. */
  TooManyOperations: 'TOO_MANY_OPERATIONS',
  /** Nobody is signed in: the token is missing, malformed, expired or revoked, or its user is unknown or inactive. The words are the same for each. Get a fresh token or API key and send the request again. */
  Unauthenticated: 'UNAUTHENTICATED',
  /** The file is no disk, but a page, JSON or something else. Correct the address of the file. */
  UnsupportedFormat: 'UNSUPPORTED_FORMAT',
  /** The body has a type that is not read here. Send `application/json`. */
  UnsupportedMediaType: 'UNSUPPORTED_MEDIA_TYPE',
  /** The image is of a type that this cloud cannot run. Choose another image. */
  UnsupportedType: 'UNSUPPORTED_TYPE',
  /** The address is too long. Send the operation by POST. */
  UriTooLong: 'URI_TOO_LONG',
  /** The URL leads to an address that is not public, has another scheme than http or https, or a password. Give another URL, or have the operator add its host to FETCH_ALLOW. */
  UrlNotAllowed: 'URL_NOT_ALLOWED'
} as const;

export type ErrorCode = typeof ErrorCode[keyof typeof ErrorCode];
/** Who can choose an image for a new disk, where it is attached. */
export const ImageAccess = {
  /** Nobody: it is hidden and kept only for the servers that have it already. Can be taken back. */
  Deleted: 'DELETED',
  /** Its owner and SuperAdmins. Admins of its datacenters see it but cannot use it. */
  Private: 'PRIVATE',
  /** Every user of a datacenter it is attached to. */
  Public: 'PUBLIC'
} as const;

export type ImageAccess = typeof ImageAccess[keyof typeof ImageAccess];
/** Something that can be done to an image. */
export const ImageAction = {
  /** Make it usable in one more datacenter, with `attachImage`. */
  Attach: 'ATTACH',
  /** Bind it to its datacenter or release it, with `updateImage`. */
  ChangeDcBound: 'CHANGE_DC_BOUND',
  /** Remove it, with `deleteImage`. */
  Delete: 'DELETE',
  /** Make it unusable in one of its datacenters, with `detachImage`. */
  Detach: 'DETACH',
  /** Change its fields other than `dcBound`, with `updateImage`. */
  Update: 'UPDATE',
  /** Choose it for the disk of a new server. */
  Use: 'USE'
} as const;

export type ImageAction = typeof ImageAction[keyof typeof ImageAction];
/** Which images to show: those that meet every given condition. */
export type ImageFilter = {
  /** One of these kinds of access. DELETED finds something only together with `showDeleted`. */
  readonly access?: ReadonlyArray<ImageAccess> | null | undefined;
  /** Came into the catalogue later than this. */
  readonly createdAfter?: string | null | undefined;
  /** Came into the catalogue earlier than this. */
  readonly createdBefore?: string | null | undefined;
  /** True: only images bound to a datacenter. False: only unbound ones. */
  readonly dcBound?: boolean | null | undefined;
  /** Whether a server shuts down once deployed from it. */
  readonly deploy?: boolean | null | undefined;
  /** True: only images that a disk of some server has, also where you cannot see that server. False: only those that none has. FORBIDDEN for who holds ADMIN nowhere; finds only images whose `serverCount` you may see. */
  readonly inUse?: boolean | null | undefined;
  /** Fits on a disk of this size, in MiB. */
  readonly maxSize?: number | null | undefined;
  /** Fits on no smaller disk than this, in MiB. */
  readonly minSize?: number | null | undefined;
  /** One of these names, exactly as written. At most 250 different ones. */
  readonly name?: ReadonlyArray<string> | null | undefined;
  /** Leaves out the images that meet all of these conditions together; nothing when it has none. It cannot have a `not` of its own. */
  readonly not?: ImageFilter | null | undefined;
  /** One of these OS types. */
  readonly osType?: ReadonlyArray<OsType> | null | undefined;
  /** Username of the owner. */
  readonly owner?: string | null | undefined;
  /** Imported from one of the repositories of these names. FORBIDDEN for who may not use repositories; finds only images whose `repository` you may see. At most 250 different ones. */
  readonly repository?: ReadonlyArray<string> | null | undefined;
  /** Whether it can grow to fill a larger disk. */
  readonly resize?: boolean | null | undefined;
  /** Text that occurs in the name, alias or description; upper and lower case are the same. At most 200 characters. */
  readonly search?: string | null | undefined;
  /** One of these states. */
  readonly status?: ReadonlyArray<ImageStatus> | null | undefined;
  /** Has all of these tags, exactly as written. At most 32 different ones. */
  readonly tags?: ReadonlyArray<string> | null | undefined;
  /** Last changed later than this. */
  readonly updatedAfter?: string | null | undefined;
  /** Last changed earlier than this. */
  readonly updatedBefore?: string | null | undefined;
  /** One of these UUIDs. At most 250 different ones. */
  readonly uuid?: ReadonlyArray<string> | null | undefined;
  /** One of these versions, exactly as written. At most 250 different ones. */
  readonly version?: ReadonlyArray<string> | null | undefined;
};

/** How to sort images. Without it: by name. */
export type ImageOrder = {
  /** Which way. */
  readonly direction?: OrderDirection;
  /** What to sort by. */
  readonly field: ImageOrderField;
};

/** What to sort images by. */
export const ImageOrderField = {
  /** Its name for display. */
  Alias: 'ALIAS',
  /** When it came into the catalogue. */
  CreatedAt: 'CREATED_AT',
  /** Its unique name. */
  Name: 'NAME',
  /** Its OS type, by the name of the value. */
  OsType: 'OS_TYPE',
  /** The username of its owner. */
  Owner: 'OWNER',
  /** The smallest disk it fits on. */
  Size: 'SIZE',
  /** Its status: OK comes before PENDING. */
  Status: 'STATUS',
  /** When a field of it was last changed. */
  UpdatedAt: 'UPDATED_AT',
  /** Its version, as text: `10` comes before `9`. */
  Version: 'VERSION'
} as const;

export type ImageOrderField = typeof ImageOrderField[keyof typeof ImageOrderField];
/** Whether an image can be worked with now. */
export const ImageStatus = {
  /** Ready to use. */
  Ok: 'OK',
  /** Being created, updated or deleted by a task; until that ends, nothing else can be done to it. */
  Pending: 'PENDING'
} as const;

export type ImageStatus = typeof ImageStatus[keyof typeof ImageStatus];
/** An image to import from the address of its manifest. */
export type ImportImageInput = {
  /** Who can use it. */
  readonly access?: ImageAccess | null | undefined;
  /** Name for display: 1 to 32 characters, no control, format or bidirectional characters, `<` or `>`; unique together with the version, upper and lower case are the same. Outer spaces are removed. Left out or null: the name. */
  readonly alias?: string | null | undefined;
  /** Name of the datacenter that the image is bound and attached to; required when `dcBound` is true. */
  readonly datacenter?: string | null | undefined;
  /** Whether it is bound to `datacenter`. False, for SuperAdmins only: bound and attached nowhere. */
  readonly dcBound?: boolean | null | undefined;
  /** Whether a new server shuts down once deployed from it. Left out or null: as the manifest says, else false. */
  readonly deploy?: boolean | null | undefined;
  /** Free text, at most 128 characters. Left out or null: the manifest's, cut to that length. */
  readonly description?: string | null | undefined;
  /** True: only checks and tells. The errors are the same, `warnings` say what would happen, and nothing changes; the image and the task answered are what they would be. */
  readonly dryRun?: boolean | null | undefined;
  /** Where its file is. Left out or null: `manifestUrl` with `/file` added to its path; its query stays, a slash at the end and a fragment do not count. */
  readonly fileUrl?: string | null | undefined;
  /** A text of your choice, 1 to 200 characters, such as a UUID, by which this import can be sent again after an answer that was lost: within a day, the same input with the same key makes nothing new and answers with the same image and task. CONFLICT for another input with it. `dryRun` uses up no key. */
  readonly idempotencyKey?: string | null | undefined;
  /** True: imports missing base images first, each from a configured repository that lists it, with the same access, owner and datacenter, in a task of its own that this one waits for. False: a missing base is MISSING_ORIGIN. */
  readonly includeOrigins?: boolean | null | undefined;
  /** Where its IMGAPI manifest is; the host must be one that may be fetched from. */
  readonly manifestUrl: string;
  /** Unique name: at most 32 letters, digits or `.`, `_`, `-`, the first a letter or digit. It cannot be changed later. */
  readonly name: string;
  /** Username of its owner, who must be active. Left out or null: you. */
  readonly owner?: string | null | undefined;
  /** Whether it can grow to fill a larger disk. Left out or null: as the manifest says; true for zones. */
  readonly resize?: boolean | null | undefined;
  /** At most 32 different tags, each at most 64 letters, digits, spaces or `:`, `/`, `_`, `-`. Left out or null: those of the manifest of an import, else none. */
  readonly tags?: ReadonlyArray<string> | null | undefined;
  /** 1 to 16 characters, no control, format or bidirectional characters, `<` or `>`. Outer spaces are removed. Left out or null: the manifest's. */
  readonly version?: string | null | undefined;
};

/** An image of a repository to import. */
export type ImportRepositoryImageInput = {
  /** Who can use it. */
  readonly access?: ImageAccess | null | undefined;
  /** Name for display: 1 to 32 characters, no control, format or bidirectional characters, `<` or `>`; unique together with the version, upper and lower case are the same. Outer spaces are removed. Left out or null: the name. */
  readonly alias?: string | null | undefined;
  /** Name of the datacenter that the image is bound and attached to; required when `dcBound` is true. */
  readonly datacenter?: string | null | undefined;
  /** Whether it is bound to `datacenter`. False, for SuperAdmins only: bound and attached nowhere. */
  readonly dcBound?: boolean | null | undefined;
  /** Whether a new server shuts down once deployed from it. Left out or null: as the manifest says, else false. */
  readonly deploy?: boolean | null | undefined;
  /** Free text, at most 128 characters. Left out or null: the manifest's, cut to that length. */
  readonly description?: string | null | undefined;
  /** True: only checks and tells. The errors are the same, `warnings` say what would happen, and nothing changes; the image and the task answered are what they would be. */
  readonly dryRun?: boolean | null | undefined;
  /** A text of your choice, 1 to 200 characters, such as a UUID, by which this import can be sent again after an answer that was lost: within a day, the same input with the same key makes nothing new and answers with the same image and task. CONFLICT for another input with it. `dryRun` uses up no key. */
  readonly idempotencyKey?: string | null | undefined;
  /** True: imports missing base images first, each from a configured repository that lists it, with the same access, owner and datacenter, in a task of its own that this one waits for. False: a missing base is MISSING_ORIGIN. */
  readonly includeOrigins?: boolean | null | undefined;
  /** Unique name: at most 32 letters, digits or `.`, `_`, `-`, the first a letter or digit. Left out or null: the manifest's name made to fit; BAD_USER_INPUT when none can be made of it. */
  readonly name?: string | null | undefined;
  /** Username of its owner, who must be active. Left out or null: you. */
  readonly owner?: string | null | undefined;
  /** Name of the repository. */
  readonly repository: string;
  /** Whether it can grow to fill a larger disk. Left out or null: as the manifest says; true for zones. */
  readonly resize?: boolean | null | undefined;
  /** At most 32 different tags, each at most 64 letters, digits, spaces or `:`, `/`, `_`, `-`. Left out or null: those of the manifest of an import, else none. */
  readonly tags?: ReadonlyArray<string> | null | undefined;
  /** UUID of the image in the repository, which it keeps here. */
  readonly uuid: string;
  /** 1 to 16 characters, no control, format or bidirectional characters, `<` or `>`. Outer spaces are removed. Left out or null: the manifest's. */
  readonly version?: string | null | undefined;
};

/** Which end of an order comes first. */
export const OrderDirection = {
  /** Smallest, earliest or first in the alphabet first. */
  Asc: 'ASC',
  /** Largest, latest or last in the alphabet first. */
  Desc: 'DESC'
} as const;

export type OrderDirection = typeof OrderDirection[keyof typeof OrderDirection];
/** What kind of system an image holds or a server runs; a server's disk takes images of its own kind only. */
export const OsType = {
  /** A BSD in a virtual machine. */
  BsdVm: 'BSD_VM',
  /** Linux in a virtual machine. */
  LinuxVm: 'LINUX_VM',
  /** Linux programs in a zone (LX brand), without a Linux kernel of their own. */
  LinuxZone: 'LINUX_ZONE',
  /** A SunOS descendant, such as SmartOS or OmniOS, in a virtual machine. */
  SunosVm: 'SUNOS_VM',
  /** A SunOS zone, which shares the kernel of its compute node. */
  SunosZone: 'SUNOS_ZONE',
  /** Windows in a virtual machine. */
  WindowsVm: 'WINDOWS_VM'
} as const;

export type OsType = typeof OsType[keyof typeof OsType];
/** What a group grants to its members in the datacenters it is attached to. A SuperAdmin needs none of these. */
export const Permission = {
  /** Sees every image, server and task of the datacenter, but changes no image. The owner of a datacenter holds this there without a group. */
  Admin: 'ADMIN',
  /** Together with ADMIN in the same datacenter: creates images from snapshots, and changes and deletes the images bound to that datacenter. Worth nothing without ADMIN. */
  ImageAdmin: 'IMAGE_ADMIN',
  /** Together with ADMIN and IMAGE_ADMIN in the same datacenter: imports images from URLs and repositories, and browses and refreshes repositories. Worth nothing without the two others. */
  ImageImportAdmin: 'IMAGE_IMPORT_ADMIN'
} as const;

export type Permission = typeof Permission[keyof typeof Permission];
/** How the list of a repository stands. */
export const RepositoryStatus = {
  /** The last load failed; what is shown is the list before. See `error`. */
  Failed: 'FAILED',
  /** Its list is being loaded; what is shown meanwhile is the list before, whole. */
  Loading: 'LOADING',
  /** Its list was never asked for; there is nothing to browse yet. */
  NeverLoaded: 'NEVER_LOADED',
  /** The last load succeeded. */
  Ok: 'OK'
} as const;

export type RepositoryStatus = typeof RepositoryStatus[keyof typeof RepositoryStatus];
/** What a task does. */
export const TaskAction = {
  /** Creates a datacenter. */
  DatacenterCreate: 'DATACENTER_CREATE',
  /** Deletes a datacenter, which unbinds and detaches its images. */
  DatacenterDelete: 'DATACENTER_DELETE',
  /** Changes a datacenter. */
  DatacenterUpdate: 'DATACENTER_UPDATE',
  /** Attaches an image to a datacenter. */
  ImageAttach: 'IMAGE_ATTACH',
  /** Creates an image from a snapshot. */
  ImageCreate: 'IMAGE_CREATE',
  /** Removes an image from the catalogue and from the image server. */
  ImageDelete: 'IMAGE_DELETE',
  /** Detaches an image from a datacenter. */
  ImageDetach: 'IMAGE_DETACH',
  /** Imports an image, from a URL or a repository. */
  ImageImport: 'IMAGE_IMPORT',
  /** Changes fields of an image. */
  ImageUpdate: 'IMAGE_UPDATE',
  /** Hashes the stored file of an image again and compares it with what was recorded. */
  ImageVerify: 'IMAGE_VERIFY',
  /** Loads the list of an image repository. */
  RepositoryRefresh: 'REPOSITORY_REFRESH',
  /** Changes settings, of one datacenter or global ones. */
  SettingsUpdate: 'SETTINGS_UPDATE'
} as const;

export type TaskAction = typeof TaskAction[keyof typeof TaskAction];
/** The step that a task is at, or was at when it ended without success. */
export const TaskPhase = {
  /** Finding out whether everything it needs is there. */
  Checking: 'CHECKING',
  /** Nothing left to do. */
  Done: 'DONE',
  /** Taking bytes in; `bytesDone` counts them. */
  Downloading: 'DOWNLOADING',
  /** Making the result visible on the image server and in the catalogue. */
  Publishing: 'PUBLISHING',
  /** Not begun. */
  Queued: 'QUEUED',
  /** Comparing checksums and size with the manifest. */
  Verifying: 'VERIFYING'
} as const;

export type TaskPhase = typeof TaskPhase[keyof typeof TaskPhase];
/** How a task stands. SUCCEEDED, FAILED and CANCELLED are final. */
export const TaskStatus = {
  /** It was stopped on request and what it had begun was taken back. */
  Cancelled: 'CANCELLED',
  /** It was given up and what it had begun was taken back; `error` says why. */
  Failed: 'FAILED',
  /** It waits for its turn, for the first time or after an attempt that broke off. */
  Pending: 'PENDING',
  /** It is being worked on. */
  Running: 'RUNNING',
  /** All of it was done. */
  Succeeded: 'SUCCEEDED'
} as const;

export type TaskStatus = typeof TaskStatus[keyof typeof TaskStatus];
/** Changes to an image. What is left out stays; tags replace the present ones. */
export type UpdateImageInput = {
  /** Who can use it from now on. DELETED hides it but keeps it for the servers that have it. */
  readonly access?: ImageAccess | null | undefined;
  /** New name for display: 1 to 32 characters, no control, format or bidirectional characters, `<` or `>`; unique together with the version, upper and lower case are the same. Outer spaces are removed. */
  readonly alias?: string | null | undefined;
  /** SuperAdmins only. True: binds it to its datacenter, when it is attached to exactly one. False: releases it; attachments stay. */
  readonly dcBound?: boolean | null | undefined;
  /** Whether a new server shuts down once deployed from it. */
  readonly deploy?: boolean | null | undefined;
  /** New free text, at most 128 characters; empty takes it away. */
  readonly description?: string | null | undefined;
  /** True: only checks and tells. The errors are the same, `warnings` say what would happen, and nothing changes; the image and the task answered are what they would be. */
  readonly dryRun?: boolean | null | undefined;
  /** The `updatedAt` that you have read. CONFLICT when the image was changed since; `extensions.current` is its present `updatedAt`. Left out or null: whatever it is now. */
  readonly ifUpdatedAt?: string | null | undefined;
  /** Which image; a name never changes. */
  readonly name: string;
  /** Username of the new owner, who must be active. */
  readonly owner?: string | null | undefined;
  /** Whether it can grow to fill a larger disk. */
  readonly resize?: boolean | null | undefined;
  /** All its tags from now on: at most 32 different ones, each at most 64 letters, digits, spaces or `:`, `/`, `_`, `-`. Empty: none. */
  readonly tags?: ReadonlyArray<string> | null | undefined;
  /** New version: 1 to 16 characters, no control, format or bidirectional characters, `<` or `>`. Outer spaces are removed. */
  readonly version?: string | null | undefined;
};

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { readonly viewer: { readonly id: string, readonly permissions: ReadonlyArray<Permission> | null, readonly user: { readonly id: string, readonly username: string }, readonly currentDatacenter: { readonly id: string, readonly name: string, readonly alias: string } } };

export type DatacentersQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DatacentersQuery = { readonly datacenters: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly alias: string, readonly access: DatacenterAccess, readonly imageCount: number }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type DatacenterActionsQueryVariables = Exact<{
  name: string;
  only?: ReadonlyArray<DatacenterAction> | DatacenterAction | null | undefined;
}>;


export type DatacenterActionsQuery = { readonly datacenter: { readonly name: string, readonly actions: ReadonlyArray<{ readonly action: DatacenterAction, readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null, readonly requires: { readonly permissions: ReadonlyArray<string>, readonly datacenter: string | null } | null }> } | null };

export type SwitchDatacenterMutationVariables = Exact<{
  name: string;
}>;


export type SwitchDatacenterMutation = { readonly switchDatacenter: { readonly id: string, readonly permissions: ReadonlyArray<Permission> | null, readonly currentDatacenter: { readonly id: string, readonly name: string, readonly alias: string } } };

export type RepositoryLineFragment = { readonly id: string, readonly name: string, readonly url: string, readonly isLocal: boolean, readonly status: RepositoryStatus, readonly lastUpdate: string | null, readonly imageCount: number, readonly error: string | null };

export type RepositoriesQueryVariables = Exact<{ [key: string]: never; }>;


export type RepositoriesQuery = { readonly imageRepositories: ReadonlyArray<{ readonly id: string, readonly name: string, readonly url: string, readonly isLocal: boolean, readonly status: RepositoryStatus, readonly lastUpdate: string | null, readonly imageCount: number, readonly error: string | null }> | null };

export type FindInRepositoriesQueryVariables = Exact<{
  name: string;
  importable?: boolean | null | undefined;
}>;


export type FindInRepositoriesQuery = { readonly imageRepositories: ReadonlyArray<{ readonly id: string, readonly name: string, readonly images: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly uuid: string, readonly name: string, readonly version: string, readonly publishedAt: string | null, readonly importable: boolean, readonly notImportableReason: ErrorCode | null, readonly notImportableDetail: string | null, readonly image: { readonly id: string, readonly name: string } | null }> } }> | null };

export type RefreshRepositoryMutationVariables = Exact<{
  name: string;
}>;


export type RefreshRepositoryMutation = { readonly refreshImageRepository: { readonly added: number, readonly changed: number, readonly removed: number, readonly repository: { readonly id: string, readonly name: string, readonly url: string, readonly isLocal: boolean, readonly status: RepositoryStatus, readonly lastUpdate: string | null, readonly imageCount: number, readonly error: string | null }, readonly task: { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } } } };

export type FollowRepositoriesSubscriptionVariables = Exact<{
  name?: string | null | undefined;
}>;


export type FollowRepositoriesSubscription = { readonly imageRepositoryChanged: { readonly id: string, readonly name: string, readonly url: string, readonly isLocal: boolean, readonly status: RepositoryStatus, readonly lastUpdate: string | null, readonly imageCount: number, readonly error: string | null } };

export type ImageLineFragment = { readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } };

export type ImagesQueryVariables = Exact<{
  datacenter?: string | null | undefined;
  filter?: ImageFilter | null | undefined;
  orderBy?: ImageOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ImagesQuery = { readonly images: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } | null };

export type UsableImagesQueryVariables = Exact<{
  datacenter?: string | null | undefined;
  filter?: ImageFilter | null | undefined;
  orderBy?: ImageOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type UsableImagesQuery = { readonly usableImages: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } | null };

export type ImageQueryVariables = Exact<{
  name?: string | null | undefined;
  uuid?: string | null | undefined;
  datacenter?: string | null | undefined;
}>;


export type ImageQuery = { readonly image: { readonly description: string, readonly tags: ReadonlyArray<string>, readonly resize: boolean, readonly deploy: boolean, readonly createdAt: string, readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly boundDatacenter: { readonly id: string, readonly name: string } | null, readonly datacenters: ReadonlyArray<{ readonly id: string, readonly name: string }>, readonly actions: ReadonlyArray<{ readonly action: ImageAction, readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null, readonly requires: { readonly permissions: ReadonlyArray<string>, readonly datacenter: string | null } | null }>, readonly owner: { readonly id: string, readonly username: string } } | null };

export type FollowImagesSubscriptionVariables = Exact<{
  datacenter?: string | null | undefined;
  image?: string | null | undefined;
}>;


export type FollowImagesSubscription = { readonly imageChanged: { readonly kind: ChangeKind, readonly name: string, readonly uuid: string, readonly imageId: string, readonly image: { readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } } | null } };

export type ImportImageMutationVariables = Exact<{
  input: ImportImageInput;
}>;


export type ImportImageMutation = { readonly importImage: { readonly warnings: ReadonlyArray<string>, readonly image: { readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } }, readonly task: { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } } } };

export type ImportRepositoryImageMutationVariables = Exact<{
  input: ImportRepositoryImageInput;
}>;


export type ImportRepositoryImageMutation = { readonly importRepositoryImage: { readonly warnings: ReadonlyArray<string>, readonly image: { readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } }, readonly task: { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } } } };

export type CreateImageFromSnapshotMutationVariables = Exact<{
  input: CreateImageFromSnapshotInput;
}>;


export type CreateImageFromSnapshotMutation = { readonly createImageFromSnapshot: { readonly warnings: ReadonlyArray<string>, readonly image: { readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } }, readonly task: { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } } } };

export type UpdateImageMutationVariables = Exact<{
  input: UpdateImageInput;
}>;


export type UpdateImageMutation = { readonly updateImage: { readonly warnings: ReadonlyArray<string>, readonly image: { readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } }, readonly task: { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } } } };

export type DeleteImageMutationVariables = Exact<{
  input: DeleteImageInput;
}>;


export type DeleteImageMutation = { readonly deleteImage: { readonly name: string, readonly uuid: string, readonly deletedImageId: string | null, readonly task: { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } } } };

export type AttachImageMutationVariables = Exact<{
  input: AttachImageInput;
}>;


export type AttachImageMutation = { readonly attachImage: { readonly bindingRemoved: boolean, readonly warnings: ReadonlyArray<string>, readonly image: { readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } } } };

export type DetachImageMutationVariables = Exact<{
  input: AttachImageInput;
}>;


export type DetachImageMutation = { readonly detachImage: { readonly bindingRemoved: boolean, readonly warnings: ReadonlyArray<string>, readonly image: { readonly id: string, readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly size: number, readonly access: ImageAccess, readonly status: ImageStatus, readonly dcBound: boolean, readonly updatedAt: string, readonly owner: { readonly id: string, readonly username: string } } } };

export type TaskLineFragment = { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } };

export type TasksQueryVariables = Exact<{
  datacenter?: string | null | undefined;
  image?: string | null | undefined;
  action?: ReadonlyArray<TaskAction> | TaskAction | null | undefined;
  status?: ReadonlyArray<TaskStatus> | TaskStatus | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type TasksQuery = { readonly tasks: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } | null };

export type TaskQueryVariables = Exact<{
  id: string | number;
}>;


export type TaskQuery = { readonly task: { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } } | null };

export type FollowTaskSubscriptionVariables = Exact<{
  id?: string | number | null | undefined;
  image?: string | null | undefined;
}>;


export type FollowTaskSubscription = { readonly taskChanged: { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } } };

export type CancelTaskMutationVariables = Exact<{
  id: string | number;
}>;


export type CancelTaskMutation = { readonly cancelTask: { readonly id: string, readonly action: TaskAction, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly imageName: string | null, readonly errorCode: ErrorCode | null, readonly error: string | null, readonly warnings: ReadonlyArray<string>, readonly createdAt: string, readonly finishedAt: string | null, readonly cancel: { readonly allowed: boolean, readonly code: ErrorCode | null, readonly reason: string | null } } };


/** The text of an operation, with the types of its answer and its variables; clients that know typed documents know this one. */
export type Operation<R, V> = string & { readonly __apiType?: (variables: V) => R };

export const AttachImageOperation: Operation<AttachImageMutation, AttachImageMutationVariables> = `mutation AttachImage($input: AttachImageInput!) {
  attachImage(input: $input) {
    image {
      ...ImageLine
    }
    bindingRemoved
    warnings
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}`;

export const CancelTaskOperation: Operation<CancelTaskMutation, CancelTaskMutationVariables> = `mutation CancelTask($id: ID!) {
  cancelTask(id: $id) {
    ...TaskLine
  }
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const CreateImageFromSnapshotOperation: Operation<CreateImageFromSnapshotMutation, CreateImageFromSnapshotMutationVariables> = `mutation CreateImageFromSnapshot($input: CreateImageFromSnapshotInput!) {
  createImageFromSnapshot(input: $input) {
    image {
      ...ImageLine
    }
    task {
      ...TaskLine
    }
    warnings
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const DatacenterActionsOperation: Operation<DatacenterActionsQuery, DatacenterActionsQueryVariables> = `query DatacenterActions($name: String!, $only: [DatacenterAction!]) {
  datacenter(name: $name) {
    name
    actions(only: $only) {
      action
      allowed
      code
      reason
      requires {
        permissions
        datacenter
      }
    }
  }
}`;

export const DatacentersOperation: Operation<DatacentersQuery, DatacentersQueryVariables> = `query Datacenters($first: Int = 50, $after: String) {
  datacenters(first: $first, after: $after) {
    nodes {
      id
      name
      alias
      access
      imageCount
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`;

export const DeleteImageOperation: Operation<DeleteImageMutation, DeleteImageMutationVariables> = `mutation DeleteImage($input: DeleteImageInput!) {
  deleteImage(input: $input) {
    name
    uuid
    deletedImageId
    task {
      ...TaskLine
    }
  }
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const DetachImageOperation: Operation<DetachImageMutation, DetachImageMutationVariables> = `mutation DetachImage($input: AttachImageInput!) {
  detachImage(input: $input) {
    image {
      ...ImageLine
    }
    bindingRemoved
    warnings
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}`;

export const FindInRepositoriesOperation: Operation<FindInRepositoriesQuery, FindInRepositoriesQueryVariables> = `query FindInRepositories($name: String!, $importable: Boolean) {
  imageRepositories {
    id
    name
    images(
      first: 50
      filter: {search: $name, importable: $importable}
      orderBy: {field: PUBLISHED_AT}
    ) {
      nodes {
        id
        uuid
        name
        version
        publishedAt
        image {
          id
          name
        }
        importable
        notImportableReason
        notImportableDetail
      }
    }
  }
}`;

export const FollowImagesOperation: Operation<FollowImagesSubscription, FollowImagesSubscriptionVariables> = `subscription FollowImages($datacenter: String, $image: String) {
  imageChanged(datacenter: $datacenter, image: $image) {
    kind
    name
    uuid
    imageId
    image {
      ...ImageLine
    }
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}`;

export const FollowRepositoriesOperation: Operation<FollowRepositoriesSubscription, FollowRepositoriesSubscriptionVariables> = `subscription FollowRepositories($name: String) {
  imageRepositoryChanged(name: $name) {
    ...RepositoryLine
  }
}

fragment RepositoryLine on ImageRepository {
  id
  name
  url
  isLocal
  status
  lastUpdate
  imageCount
  error
}`;

export const FollowTaskOperation: Operation<FollowTaskSubscription, FollowTaskSubscriptionVariables> = `subscription FollowTask($id: ID, $image: String) {
  taskChanged(id: $id, image: $image) {
    ...TaskLine
  }
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const ImageOperation: Operation<ImageQuery, ImageQueryVariables> = `query Image($name: String, $uuid: UUID, $datacenter: String) {
  image(name: $name, uuid: $uuid) {
    ...ImageLine
    description
    tags
    resize
    deploy
    createdAt
    boundDatacenter {
      id
      name
    }
    datacenters {
      id
      name
    }
    actions(datacenter: $datacenter) {
      action
      allowed
      code
      reason
      requires {
        permissions
        datacenter
      }
    }
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}`;

export const ImagesOperation: Operation<ImagesQuery, ImagesQueryVariables> = `query Images($datacenter: String, $filter: ImageFilter, $orderBy: ImageOrder, $first: Int = 50, $after: String) {
  images(
    datacenter: $datacenter
    filter: $filter
    orderBy: $orderBy
    first: $first
    after: $after
  ) {
    nodes {
      ...ImageLine
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}`;

export const ImportImageOperation: Operation<ImportImageMutation, ImportImageMutationVariables> = `mutation ImportImage($input: ImportImageInput!) {
  importImage(input: $input) {
    image {
      ...ImageLine
    }
    task {
      ...TaskLine
    }
    warnings
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const ImportRepositoryImageOperation: Operation<ImportRepositoryImageMutation, ImportRepositoryImageMutationVariables> = `mutation ImportRepositoryImage($input: ImportRepositoryImageInput!) {
  importRepositoryImage(input: $input) {
    image {
      ...ImageLine
    }
    task {
      ...TaskLine
    }
    warnings
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const RefreshRepositoryOperation: Operation<RefreshRepositoryMutation, RefreshRepositoryMutationVariables> = `mutation RefreshRepository($name: String!) {
  refreshImageRepository(name: $name) {
    repository {
      ...RepositoryLine
    }
    added
    changed
    removed
    task {
      ...TaskLine
    }
  }
}

fragment RepositoryLine on ImageRepository {
  id
  name
  url
  isLocal
  status
  lastUpdate
  imageCount
  error
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const RepositoriesOperation: Operation<RepositoriesQuery, RepositoriesQueryVariables> = `query Repositories {
  imageRepositories {
    ...RepositoryLine
  }
}

fragment RepositoryLine on ImageRepository {
  id
  name
  url
  isLocal
  status
  lastUpdate
  imageCount
  error
}`;

export const SwitchDatacenterOperation: Operation<SwitchDatacenterMutation, SwitchDatacenterMutationVariables> = `mutation SwitchDatacenter($name: String!) {
  switchDatacenter(name: $name) {
    id
    currentDatacenter {
      id
      name
      alias
    }
    permissions
  }
}`;

export const TaskOperation: Operation<TaskQuery, TaskQueryVariables> = `query Task($id: ID!) {
  task(id: $id) {
    ...TaskLine
  }
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const TasksOperation: Operation<TasksQuery, TasksQueryVariables> = `query Tasks($datacenter: String, $image: String, $action: [TaskAction!], $status: [TaskStatus!], $first: Int = 50, $after: String) {
  tasks(
    datacenter: $datacenter
    image: $image
    action: $action
    status: $status
    first: $first
    after: $after
  ) {
    nodes {
      ...TaskLine
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const UpdateImageOperation: Operation<UpdateImageMutation, UpdateImageMutationVariables> = `mutation UpdateImage($input: UpdateImageInput!) {
  updateImage(input: $input) {
    image {
      ...ImageLine
    }
    task {
      ...TaskLine
    }
    warnings
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}

fragment TaskLine on Task {
  id
  action
  status
  phase
  bytesDone
  bytesTotal
  imageName
  errorCode
  error
  warnings
  createdAt
  finishedAt
  cancel {
    allowed
    code
    reason
  }
}`;

export const UsableImagesOperation: Operation<UsableImagesQuery, UsableImagesQueryVariables> = `query UsableImages($datacenter: String, $filter: ImageFilter, $orderBy: ImageOrder, $first: Int = 200, $after: String) {
  usableImages(
    datacenter: $datacenter
    filter: $filter
    orderBy: $orderBy
    first: $first
    after: $after
  ) {
    nodes {
      ...ImageLine
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

fragment ImageLine on Image {
  id
  uuid
  name
  alias
  version
  osType
  size
  access
  status
  dcBound
  updatedAt
  owner {
    id
    username
  }
}`;

export const ViewerOperation: Operation<ViewerQuery, ViewerQueryVariables> = `query Viewer {
  viewer {
    id
    user {
      id
      username
    }
    currentDatacenter {
      id
      name
      alias
    }
    permissions
  }
}`;

/** How operations get to a gateway: queries and mutations once, subscriptions until they are left. */
export interface Transport {
  send<R, V>(operation: Operation<R, V>, variables: V): Promise<R>;
  follow<R, V>(operation: Operation<R, V>, variables: V): AsyncIterable<R>;
}

/** A method per operation. */
export function getSdk(transport: Transport) {
  return {
    attachImage: (variables: AttachImageMutationVariables): Promise<AttachImageMutation> => transport.send(AttachImageOperation, variables),
    cancelTask: (variables: CancelTaskMutationVariables): Promise<CancelTaskMutation> => transport.send(CancelTaskOperation, variables),
    createImageFromSnapshot: (variables: CreateImageFromSnapshotMutationVariables): Promise<CreateImageFromSnapshotMutation> => transport.send(CreateImageFromSnapshotOperation, variables),
    datacenterActions: (variables: DatacenterActionsQueryVariables): Promise<DatacenterActionsQuery> => transport.send(DatacenterActionsOperation, variables),
    datacenters: (variables: DatacentersQueryVariables = {}): Promise<DatacentersQuery> => transport.send(DatacentersOperation, variables),
    deleteImage: (variables: DeleteImageMutationVariables): Promise<DeleteImageMutation> => transport.send(DeleteImageOperation, variables),
    detachImage: (variables: DetachImageMutationVariables): Promise<DetachImageMutation> => transport.send(DetachImageOperation, variables),
    findInRepositories: (variables: FindInRepositoriesQueryVariables): Promise<FindInRepositoriesQuery> => transport.send(FindInRepositoriesOperation, variables),
    followImages: (variables: FollowImagesSubscriptionVariables = {}): AsyncIterable<FollowImagesSubscription> => transport.follow(FollowImagesOperation, variables),
    followRepositories: (variables: FollowRepositoriesSubscriptionVariables = {}): AsyncIterable<FollowRepositoriesSubscription> => transport.follow(FollowRepositoriesOperation, variables),
    followTask: (variables: FollowTaskSubscriptionVariables = {}): AsyncIterable<FollowTaskSubscription> => transport.follow(FollowTaskOperation, variables),
    image: (variables: ImageQueryVariables = {}): Promise<ImageQuery> => transport.send(ImageOperation, variables),
    images: (variables: ImagesQueryVariables = {}): Promise<ImagesQuery> => transport.send(ImagesOperation, variables),
    importImage: (variables: ImportImageMutationVariables): Promise<ImportImageMutation> => transport.send(ImportImageOperation, variables),
    importRepositoryImage: (variables: ImportRepositoryImageMutationVariables): Promise<ImportRepositoryImageMutation> => transport.send(ImportRepositoryImageOperation, variables),
    refreshRepository: (variables: RefreshRepositoryMutationVariables): Promise<RefreshRepositoryMutation> => transport.send(RefreshRepositoryOperation, variables),
    repositories: (variables: RepositoriesQueryVariables = {}): Promise<RepositoriesQuery> => transport.send(RepositoriesOperation, variables),
    switchDatacenter: (variables: SwitchDatacenterMutationVariables): Promise<SwitchDatacenterMutation> => transport.send(SwitchDatacenterOperation, variables),
    task: (variables: TaskQueryVariables): Promise<TaskQuery> => transport.send(TaskOperation, variables),
    tasks: (variables: TasksQueryVariables = {}): Promise<TasksQuery> => transport.send(TasksOperation, variables),
    updateImage: (variables: UpdateImageMutationVariables): Promise<UpdateImageMutation> => transport.send(UpdateImageOperation, variables),
    usableImages: (variables: UsableImagesQueryVariables = {}): Promise<UsableImagesQuery> => transport.send(UsableImagesOperation, variables),
    viewer: (variables: ViewerQueryVariables = {}): Promise<ViewerQuery> => transport.send(ViewerOperation, variables),
  };
}
export type Sdk = ReturnType<typeof getSdk>;

/** Every `extensions.code` that an error can have. They are stable; a message beside one is for people and may change. */
export const ERROR_CODES: readonly ErrorCode[] = Object.values(ErrorCode);

/**
 * The types without an `id`, whose values belong to the object around them. Caches want to be told: Graphcache with `keys`, Apollo Client
 * with `merge: true`.
 */
export const VALUE_TYPES: readonly string[] = ['DatacenterActionVerdict', 'DatacenterSettings', 'GlobalSettings', 'ImageActionVerdict', 'ImageChange', 'ImageFile', 'ImageServer', 'MissingPermissions', 'NamedUrl', 'TaskCancelVerdict', 'VirtualDisk'];
