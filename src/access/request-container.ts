import type { SqlEntityManager } from '../platform/database/database.js';
import type { Operation } from '../platform/database/read/operation.js';
import type { OperationReads } from '../platform/database/read/reads.js';
import type { Viewer } from './viewer.js';

/** A class that a container holds one instance of: a resolver, a service, queries. The class itself is the key to ask by. */
export type Injectable<T> = abstract new (...dependencies: never[]) => T;

/** The instances that one request, or one event of a subscription, works with. They end with it. */
export interface RequestContainer {
  /** Who asks. Throws UNAUTHENTICATED when nobody is signed in, so no class that needs a viewer can forget to check. */
  readonly viewer: Viewer;
  readonly isAnonymous: boolean;
  readonly em: SqlEntityManager;
  /** For statements that only read. Much cheaper than `em`: making an EntityManager takes longer than a short statement. */
  readonly reads: OperationReads;
  /** The deadline of the operation, and whether its client still waits. */
  readonly operation: Operation;
  /** The one instance of that class within the container, made at first use. */
  get<T>(injectable: Injectable<T>): T;
  /** A new container for the same caller, for another operation. Throws UNAUTHENTICATED once the caller is no longer signed in. */
  renew(): Promise<RequestContainer>;
  /** The same for the rest of this operation, with the caller's present rights, whichever process changed them. */
  renewWithin(): Promise<RequestContainer>;
}

/** How a container makes the instance of one class; each feature lists its own in `<feature>.module.ts`. */
export interface Provider {
  injectable: Injectable<unknown>;
  make: (container: RequestContainer) => unknown;
}

export function provide<T>(injectable: Injectable<T>, make: (container: RequestContainer) => T): Provider {
  return { injectable, make };
}

/** One event of a subscription: its payload, and the new container that resolves it with the caller's present rights. */
export interface SubscriptionEvent<T> {
  container: RequestContainer;
  payload: T;
}

/** The GraphQL context of every resolver. */
export interface GatewayContext {
  /** Replaced between the root fields of a mutation. */
  container: RequestContainer;
  /** Shown with a masked error; finds its line in the log. */
  readonly requestId: string;
  /** The cost that each event of a subscription adds to its user's budget. */
  readonly eventCost?: number;
}
