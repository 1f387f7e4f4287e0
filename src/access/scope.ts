import type { SqlEntityManager } from '../platform/database/database.js';
import type { Operation } from '../platform/database/read/operation.js';
import type { OperationReads } from '../platform/database/read/reads.js';
import type { Viewer } from './viewer.js';

/** Anything with a constructor; how a scope is asked for a part. */
export type Constructed<T> = abstract new (...parts: never[]) => T;

/** What one request, or one event of a subscription, works with; nothing in it outlives that. */
export interface RequestScope {
  /** Who asks. Throws UNAUTHENTICATED when nobody is signed in, so no part can forget to look. */
  readonly viewer: Viewer;
  readonly isAnonymous: boolean;
  readonly em: SqlEntityManager;
  /** For statements that only read: light, as making an EntityManager takes longer than many a statement. */
  readonly reads: OperationReads;
  /** By when it has to be answered, and whether anybody waits for that. */
  readonly operation: Operation;
  /** The one instance of this part within the scope, made at first use. */
  get<T>(part: Constructed<T>): T;
  /** The same caller looked up anew, for an operation of its own; null once it is no longer signed in. */
  renew(): Promise<RequestScope | null>;
  /** The same for the rest of this operation, with rights that are those of this moment whichever process changed them. */
  renewWithin(): Promise<RequestScope | null>;
}

/** How a scope makes one of its parts; each feature lists its own in `<feature>.parts.ts`. */
export interface PartEntry {
  part: Constructed<unknown>;
  make: (scope: RequestScope) => unknown;
}

export function provide<T>(part: Constructed<T>, make: (scope: RequestScope) => T): PartEntry {
  return { part, make };
}

/** One delivery of a subscription: its payload, and the fresh scope to resolve and show it in. */
export interface ScopedEvent<T> {
  scope: RequestScope;
  payload: T;
}

/** What every resolver finds as its context. */
export interface GatewayContext {
  /** Replaced between the root fields of a mutation. */
  scope: RequestScope;
  /** Leads from an error that was masked to its line in the log. */
  readonly requestId: string;
  /** What each event of a subscription is charged with. */
  readonly eventCost?: number;
}
