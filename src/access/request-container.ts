import type { SqlEntityManager } from '../platform/database/database.js';
import type { Operation } from '../platform/database/read/operation.js';
import type { OperationReads } from '../platform/database/read/reads.js';
import type { Viewer } from './viewer.js';

/** Anything with a constructor; how a container is asked for a part. */
export type Constructed<T> = abstract new (...parts: never[]) => T;

/** What one request, or one event of a subscription, works with; nothing in it outlives that. */
export interface RequestContainer {
  /** Who asks. Throws UNAUTHENTICATED when nobody is signed in, so no part can forget to look. */
  readonly viewer: Viewer;
  readonly isAnonymous: boolean;
  readonly em: SqlEntityManager;
  /** For statements that only read: light, as making an EntityManager takes longer than many a statement. */
  readonly reads: OperationReads;
  /** By when it has to be answered, and whether anybody waits for that. */
  readonly operation: Operation;
  /** The one instance of this part within the container, made at first use. */
  get<T>(part: Constructed<T>): T;
  /** The same caller looked up anew, for an operation of its own; null once it is no longer signed in. */
  renew(): Promise<RequestContainer | null>;
  /** The same for the rest of this operation, with rights that are those of this moment whichever process changed them. */
  renewWithin(): Promise<RequestContainer | null>;
}

/** How a container makes one of its parts; each feature lists its own in `<feature>.module.ts`. */
export interface Provider {
  part: Constructed<unknown>;
  make: (container: RequestContainer) => unknown;
}

export function provide<T>(part: Constructed<T>, make: (container: RequestContainer) => T): Provider {
  return { part, make };
}

/** One delivery of a subscription: its payload, and the fresh container to resolve and show it in. */
export interface ScopedEvent<T> {
  container: RequestContainer;
  payload: T;
}

/** What every resolver finds as its context. */
export interface GatewayContext {
  /** Replaced between the root fields of a mutation. */
  container: RequestContainer;
  /** Leads from an error that was masked to its line in the log. */
  readonly requestId: string;
  /** What each event of a subscription is charged with. */
  readonly eventCost?: number;
}
