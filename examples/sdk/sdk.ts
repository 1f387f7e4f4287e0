/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** What happened to an image. */
export const ChangeKind = {
  /** It came into the catalogue, perhaps still PENDING. */
  Created: 'CREATED',
  /** It is gone from the catalogue; only its name and UUID remain to be told. */
  Deleted: 'DELETED',
  /** A field, its status, its binding or its attachments changed. */
  Updated: 'UPDATED'
} as const;

export type ChangeKind = typeof ChangeKind[keyof typeof ChangeKind];
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
/** Whether an image can be worked with now. */
export const ImageStatus = {
  /** Ready to use. */
  Ok: 'OK',
  /** Being created, updated or deleted by a task; until that ends, nothing else can be done to it. */
  Pending: 'PENDING'
} as const;

export type ImageStatus = typeof ImageStatus[keyof typeof ImageStatus];
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
export type FindInRepositoriesQueryVariables = Exact<{
  name: string;
}>;


export type FindInRepositoriesQuery = { readonly imageRepositories: ReadonlyArray<{ readonly name: string, readonly images: { readonly nodes: ReadonlyArray<{ readonly uuid: string, readonly name: string, readonly version: string, readonly publishedAt: string | null }> } }> };

export type ImportMutationVariables = Exact<{
  input: ImportRepositoryImageInput;
}>;


export type ImportMutation = { readonly importRepositoryImage: { readonly warnings: ReadonlyArray<string>, readonly image: { readonly uuid: string, readonly name: string }, readonly task: { readonly id: string, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly errorCode: string | null, readonly error: string | null } } };

export type TaskQueryVariables = Exact<{
  id: string | number;
}>;


export type TaskQuery = { readonly task: { readonly id: string, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly errorCode: string | null, readonly error: string | null } | null };

export type FollowTaskSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type FollowTaskSubscription = { readonly taskChanged: { readonly id: string, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly errorCode: string | null, readonly error: string | null } };

export type UsableImagesQueryVariables = Exact<{
  datacenter: string;
}>;


export type UsableImagesQuery = { readonly usableImages: { readonly nodes: ReadonlyArray<{ readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly status: ImageStatus, readonly access: ImageAccess }> } };

export type FollowImagesSubscriptionVariables = Exact<{
  datacenter: string;
}>;


export type FollowImagesSubscription = { readonly imageChanged: { readonly kind: ChangeKind, readonly uuid: string, readonly image: { readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly status: ImageStatus, readonly access: ImageAccess } | null } };

export type ImageLineFragment = { readonly uuid: string, readonly name: string, readonly alias: string, readonly version: string, readonly osType: OsType, readonly status: ImageStatus, readonly access: ImageAccess };

export type TaskProgressFragment = { readonly id: string, readonly status: TaskStatus, readonly phase: TaskPhase, readonly bytesDone: number | null, readonly bytesTotal: number | null, readonly errorCode: string | null, readonly error: string | null };


/** The text of an operation, with the types of its answer and its variables; clients that know typed documents know this one. */
export type Operation<R, V> = string & { readonly __apiType?: (variables: V) => R };

export const FindInRepositoriesOperation: Operation<FindInRepositoriesQuery, FindInRepositoriesQueryVariables> = `query FindInRepositories($name: String!) {
  imageRepositories {
    name
    images(
      first: 50
      filter: {search: $name, importable: true}
      orderBy: {field: PUBLISHED_AT}
    ) {
      nodes {
        uuid
        name
        version
        publishedAt
      }
    }
  }
}`;

export const FollowImagesOperation: Operation<FollowImagesSubscription, FollowImagesSubscriptionVariables> = `subscription FollowImages($datacenter: String!) {
  imageChanged(datacenter: $datacenter) {
    kind
    uuid
    image {
      ...ImageLine
    }
  }
}

fragment ImageLine on Image {
  uuid
  name
  alias
  version
  osType
  status
  access
}`;

export const FollowTaskOperation: Operation<FollowTaskSubscription, FollowTaskSubscriptionVariables> = `subscription FollowTask($id: ID!) {
  taskChanged(id: $id) {
    ...TaskProgress
  }
}

fragment TaskProgress on Task {
  id
  status
  phase
  bytesDone
  bytesTotal
  errorCode
  error
}`;

export const ImportOperation: Operation<ImportMutation, ImportMutationVariables> = `mutation Import($input: ImportRepositoryImageInput!) {
  importRepositoryImage(input: $input) {
    image {
      uuid
      name
    }
    task {
      ...TaskProgress
    }
    warnings
  }
}

fragment TaskProgress on Task {
  id
  status
  phase
  bytesDone
  bytesTotal
  errorCode
  error
}`;

export const TaskOperation: Operation<TaskQuery, TaskQueryVariables> = `query Task($id: ID!) {
  task(id: $id) {
    ...TaskProgress
  }
}

fragment TaskProgress on Task {
  id
  status
  phase
  bytesDone
  bytesTotal
  errorCode
  error
}`;

export const UsableImagesOperation: Operation<UsableImagesQuery, UsableImagesQueryVariables> = `query UsableImages($datacenter: String!) {
  usableImages(datacenter: $datacenter, first: 200) {
    nodes {
      ...ImageLine
    }
  }
}

fragment ImageLine on Image {
  uuid
  name
  alias
  version
  osType
  status
  access
}`;

/** How operations get to a gateway: queries and mutations once, subscriptions until they are left. */
export interface Transport {
  send<R, V>(operation: Operation<R, V>, variables: V): Promise<R>;
  follow<R, V>(operation: Operation<R, V>, variables: V): AsyncIterable<R>;
}

/** A method per operation. */
export function getSdk(transport: Transport) {
  return {
    findInRepositories: (variables: FindInRepositoriesQueryVariables): Promise<FindInRepositoriesQuery> => transport.send(FindInRepositoriesOperation, variables),
    followImages: (variables: FollowImagesSubscriptionVariables): AsyncIterable<FollowImagesSubscription> => transport.follow(FollowImagesOperation, variables),
    followTask: (variables: FollowTaskSubscriptionVariables): AsyncIterable<FollowTaskSubscription> => transport.follow(FollowTaskOperation, variables),
    import: (variables: ImportMutationVariables): Promise<ImportMutation> => transport.send(ImportOperation, variables),
    task: (variables: TaskQueryVariables): Promise<TaskQuery> => transport.send(TaskOperation, variables),
    usableImages: (variables: UsableImagesQueryVariables): Promise<UsableImagesQuery> => transport.send(UsableImagesOperation, variables),
  };
}
export type Sdk = ReturnType<typeof getSdk>;

/** Every `extensions.code` that an error can have. They are stable; a message beside one is for people and may change. */
export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'BAD_USER_INPUT',
  'IMAGE_NOT_READY',
  'IMAGE_IN_USE',
  'IMAGE_HAS_CHILDREN',
  'IMAGE_NOT_USABLE',
  'IMAGE_LIMIT_REACHED',
  'IMAGE_SERVER_UNAVAILABLE',
  'STORE_MISMATCH',
  'SNAPSHOT_NOT_READY',
  'SERVER_NOT_OPERATIONAL',
  'SERVER_IS_IMAGE_SERVER',
  'DATACENTER_NOT_EMPTY',
  'INVALID_MANIFEST',
  'MANIFEST_UNREACHABLE',
  'FILE_UNREACHABLE',
  'NO_FILE',
  'CHECKSUM_MISMATCH',
  'MISSING_ORIGIN',
  'UNSUPPORTED_TYPE',
  'UNSUPPORTED_FORMAT',
  'URL_NOT_ALLOWED',
  'REPOSITORY_BUSY',
  'REPOSITORY_UNREACHABLE',
  'TASK_NOT_CANCELLABLE',
  'QUERY_TOO_COMPLEX',
  'RATE_LIMITED',
  'TOO_MANY_OPERATIONS',
  'SLOW_READER',
  'DOCUMENT_NOT_TRUSTED',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'INTERNAL_SERVER_ERROR',
  'METHOD_NOT_ALLOWED',
  'NOT_ACCEPTABLE',
  'REQUEST_TIMEOUT',
  'PAYLOAD_TOO_LARGE',
  'URI_TOO_LONG',
  'UNSUPPORTED_MEDIA_TYPE',
  'HEADERS_TOO_LARGE',
  'SHUTTING_DOWN',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
