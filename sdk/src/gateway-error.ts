import type { ErrorCode } from './generated.ts';

/** One fault of an input: `path` is the argument or field as it was sent, `code` and `params` are for a message of your own. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
  readonly code?: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** The permissions that the caller lacks, and the datacenter in which they are needed; null: everywhere. */
export interface Requires {
  readonly permissions: readonly string[];
  readonly datacenter: string | null;
}

/** An error as the gateway answers it. */
export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: {
    readonly code?: ErrorCode;
    readonly fields?: readonly FieldFault[];
    readonly requires?: Requires;
    readonly retryAfter?: number;
    readonly [name: string]: unknown;
  };
}

/**
 * What the gateway refused, or could not do. Branch on `code`, show `message` to people, and each of `fields` beside its input.
 * `data` is what it answered of the operation beside the errors: a refused field is null there, and the others are as ever.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly errors: readonly GraphqlError[];
  readonly data: unknown;
  /** The code of the first error. */
  readonly code: ErrorCode;
  readonly fields: readonly FieldFault[];
  readonly requires: Requires | null;
  /** Seconds after which to try again, when the gateway says so. */
  readonly retryAfter: number | null;

  constructor(errors: readonly GraphqlError[], data: unknown = null) {
    super(errors.map(({ message }) => message).join('\n'));
    this.errors = errors;
    this.data = data;
    const first = errors[0]?.extensions ?? {};
    this.code = first.code ?? 'INTERNAL_SERVER_ERROR';
    this.fields = errors.flatMap(({ extensions }) => extensions?.fields ?? []);
    this.requires = first.requires ?? null;
    this.retryAfter = first.retryAfter ?? null;
  }
}
