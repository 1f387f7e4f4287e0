import { type Database, isSqlite, type SqlEntityManager } from '../platform/database/database.js';
import { Operation } from '../platform/database/read/operation.js';
import { joinOperation, OperationReads } from '../platform/database/read/reads.js';
import { AppError, unauthenticated } from '../platform/errors.js';
import { SignIns } from './sign-in/authenticate.js';
import type { Constructed, Provider, RequestContainer } from './request-container.js';
import type { TokenVerifier } from './sign-in/token.js';
import type { Viewer } from './viewer.js';

class Container implements RequestContainer {
  readonly #parts = new Map<Constructed<unknown>, unknown>();
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

  get<T>(part: Constructed<T>): T {
    let made = this.#parts.get(part);
    if (made === undefined) this.#parts.set(part, (made = this.factory.make(part, this)));
    return made as T;
  }

  async renew(): Promise<RequestContainer | null> {
    return this.#signedIn(() => this.factory.open(this.authorization));
  }

  async renewWithin(): Promise<RequestContainer | null> {
    return this.#signedIn(() => this.factory.openNow(this.authorization, this.operation));
  }

  async #signedIn(open: () => Promise<RequestContainer>): Promise<RequestContainer | null> {
    try {
      const container = await open();
      return container.isAnonymous ? null : container;
    } catch (error) {
      // A database that does not answer is no reason to tell a client that its token is no good.
      if (error instanceof AppError) return null;
      throw error;
    }
  }
}

/** Opens a container per request from its Authorization header, with the parts that all features provide. */
export class RequestContainerFactory {
  readonly #entries: ReadonlyMap<Constructed<unknown>, Provider['make']>;
  readonly #signIns: SignIns;
  readonly reads: SqlEntityManager;

  /** An operation that takes longer than `operationTimeoutMs` is stopped. */
  constructor(
    private readonly database: Database,
    verifyToken: TokenVerifier,
    entries: readonly Provider[],
    readonly operationTimeoutMs = 10_000,
  ) {
    this.reads = database.em.fork();
    this.#signIns = new SignIns(database, verifyToken);
    this.#entries = new Map(entries.map(({ part, make }) => [part, make]));
  }

  /** Anonymous without a header; UNAUTHENTICATED for one that is no good. */
  async open(authorization: string | undefined): Promise<RequestContainer> {
    return new Container(this, authorization, await this.#signIns.viewerOf(authorization));
  }

  /** The same with rights of this moment, for the rest of an operation. */
  async openNow(authorization: string | undefined, operation: Operation): Promise<RequestContainer> {
    // An SQLite file has one process, whose own writes drop what it has remembered.
    return new Container(this, authorization, await this.#signIns.viewerOf(authorization, isSqlite(this.reads)), operation);
  }

  /** Whether that header was good when it was last seen. */
  knows(authorization: string): boolean {
    return this.#signIns.knows(authorization);
  }

  newEntityManager(): SqlEntityManager {
    return this.database.em.fork();
  }

  make(part: Constructed<unknown>, container: RequestContainer): unknown {
    const make = this.#entries.get(part);
    if (make === undefined) throw new Error(`Nothing provides ${part.name}.`);
    return make(container);
  }
}
