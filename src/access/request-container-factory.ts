import { type Database, isSqlite, type SqlEntityManager } from '../platform/database/database.js';
import { Operation } from '../platform/database/read/operation.js';
import { joinOperation, OperationReads } from '../platform/database/read/reads.js';
import { unauthenticated } from '../platform/errors.js';
import type { SignIns } from './sign-in/authenticate.js';
import type { Injectable, Provider, RequestContainer } from './request-container.js';
import type { Viewer } from './viewer.js';

class Container implements RequestContainer {
  readonly #instances = new Map<Injectable<unknown>, unknown>();
  readonly reads: OperationReads;
  readonly operation: Operation;
  #em: SqlEntityManager | null = null;

  constructor(
    private readonly factory: RequestContainerFactory,
    private readonly authorization: string | undefined,
    private readonly who: Viewer | null,
    operation: Operation | null = null,
  ) {
    this.operation = operation ?? new Operation(who?.username ?? '', factory.operationTimeoutMs);
    this.reads = new OperationReads(factory.reads, this.operation);
  }

  get em(): SqlEntityManager {
    return (this.#em ??= joinOperation(this.factory.newEntityManager(), this.operation));
  }

  get viewer(): Viewer {
    if (this.who === null) throw unauthenticated();
    return this.who;
  }

  get isAnonymous(): boolean {
    return this.who === null;
  }

  get<T>(injectable: Injectable<T>): T {
    let instance = this.#instances.get(injectable);
    if (instance === undefined) this.#instances.set(injectable, (instance = this.factory.make(injectable, this)));
    return instance as T; // `provide` ties what a provider makes to its class, which is the key of the map.
  }

  async renew(): Promise<RequestContainer> {
    return signedIn(await this.factory.open(this.authorization));
  }

  async renewWithin(): Promise<RequestContainer> {
    return signedIn(await this.factory.openNow(this.authorization, this.operation));
  }
}

function signedIn(container: RequestContainer): RequestContainer {
  if (container.isAnonymous) throw unauthenticated();
  return container;
}

/** Opens a container per request from its Authorization header, with the providers of all features. */
export class RequestContainerFactory {
  readonly #providers: ReadonlyMap<Injectable<unknown>, Provider['make']>;
  readonly reads: SqlEntityManager;

  /** Operations that take longer than `operationTimeoutMs` are stopped. */
  constructor(
    private readonly database: Database,
    private readonly signIns: SignIns,
    providers: readonly Provider[],
    readonly operationTimeoutMs = 10_000,
  ) {
    this.reads = database.em.fork();
    this.#providers = new Map(providers.map(({ injectable, make }) => [injectable, make]));
  }

  /** Opens an anonymous container without a header; throws UNAUTHENTICATED for an invalid header. */
  async open(authorization: string | undefined): Promise<RequestContainer> {
    return new Container(this, authorization, await this.signIns.viewerOf(authorization));
  }

  /** The same for the rest of an operation, with the caller's present rights even where another process changed them. */
  async openNow(authorization: string | undefined, operation: Operation): Promise<RequestContainer> {
    // SQLite has one process, whose own writes invalidate its cache; on Postgres another process may have changed the rights.
    return new Container(this, authorization, await this.signIns.viewerOf(authorization, isSqlite(this.reads)), operation);
  }

  /** Whether that header was valid when it was last seen. */
  knows(authorization: string): boolean {
    return this.signIns.knows(authorization);
  }

  newEntityManager(): SqlEntityManager {
    return this.database.em.fork();
  }

  make(injectable: Injectable<unknown>, container: RequestContainer): unknown {
    const make = this.#providers.get(injectable);
    if (make === undefined) throw new Error(`Nothing provides ${injectable.name}.`);
    return make(container);
  }
}
