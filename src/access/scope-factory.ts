import type { Database, SqlEntityManager } from '../platform/database.js';
import { AppError, unauthenticated } from '../platform/errors.js';
import { authenticate } from './authenticate.js';
import type { Constructed, PartEntry, RequestScope } from './scope.js';
import type { TokenVerifier } from './token.js';
import type { Viewer } from './viewer.js';

class Scope implements RequestScope {
  readonly #parts = new Map<Constructed<unknown>, unknown>();

  constructor(
    private readonly factory: ScopeFactory,
    private readonly authorization: string | undefined,
    readonly em: SqlEntityManager,
    private readonly who: Viewer | null,
  ) {}

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

  async renew(): Promise<RequestScope | null> {
    try {
      const scope = await this.factory.open(this.authorization);
      return scope.isAnonymous ? null : scope;
    } catch (error) {
      // A database that does not answer is no reason to tell a client that its token is no good.
      if (error instanceof AppError) return null;
      throw error;
    }
  }
}

/** Opens a scope per request from its Authorization header, with the parts that all features provide. */
export class ScopeFactory {
  readonly #entries: ReadonlyMap<Constructed<unknown>, PartEntry['make']>;

  constructor(
    private readonly database: Database,
    private readonly verifyToken: TokenVerifier,
    entries: readonly PartEntry[],
  ) {
    this.#entries = new Map(entries.map(({ part, make }) => [part, make]));
  }

  /** Anonymous without a header; UNAUTHENTICATED for one that is no good. */
  async open(authorization: string | undefined): Promise<RequestScope> {
    const em = this.database.em.fork();
    return new Scope(this, authorization, em, await authenticate(em, this.verifyToken, authorization));
  }

  make(part: Constructed<unknown>, scope: RequestScope): unknown {
    const make = this.#entries.get(part);
    if (make === undefined) throw new Error(`Nothing provides ${part.name}.`);
    return make(scope);
  }
}
