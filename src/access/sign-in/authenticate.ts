import { decodeJwt } from 'jose';
import type { Database } from '../../platform/database/database.js';
import { unauthenticated } from '../../platform/errors.js';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import { CachedRead } from '../../platform/database/cache-invalidation.js';
import { type SignedIn, viewerByKeyHash, viewerByUsername } from './load-viewer.js';
import { hashApiKey, looksLikeApiKey, type TokenVerifier } from './token.js';
import type { Viewer } from '../viewer.js';

/** Headers in the cache. */
const MOST_HEADERS = 10_000;

/** The user of a token whose signature has been verified, so that it is verified once. */
interface VerifiedToken {
  username: string;
  expiresAt: number;
}

interface CachedSignIn {
  signedIn: CachedRead<SignedIn | null>;
  /** Null for an API key. */
  token: VerifiedToken | null;
}

function bearerToken(header: string): string {
  const match = /^Bearer +([^\s]+) *$/i.exec(header);
  if (match?.[1] === undefined) throw unauthenticated();
  return match[1];
}

/**
 * Finds the viewer of an Authorization header. The viewer of a valid one is cached for a moment: any change of users, groups, keys
 * or datacenters invalidates it, and its expiry is checked each time.
 */
export class SignIns {
  readonly #cache = new BoundedCache<string, CachedSignIn>({ max: MOST_HEADERS });

  constructor(
    private readonly database: Database,
    private readonly verifyToken: TokenVerifier,
  ) {}

  /**
   * The viewer of an Authorization header; null when there is none. An invalid header – malformed, expired, revoked, of an unknown
   * or inactive user – throws UNAUTHENTICATED, with the same words for each. With `isCached` false, the rights are read from the
   * database now.
   */
  async viewerOf(header: string | undefined, isCached = true): Promise<Viewer | null> {
    if (header === undefined || header === '') return null;
    const entry = this.#cache.get(header);
    const cached = isCached ? (entry?.signedIn.get() ?? null) : null;
    if (cached !== null && Date.now() < cached.expiresAt) return cached.viewer;
    const signedIn = await this.#signIn(header, entry?.token ?? null);
    if (signedIn !== null) return signedIn.viewer;
    this.#cache.delete(header);
    throw unauthenticated();
  }

  /** Whether a header was valid when it was last seen. */
  knows(header: string): boolean {
    return this.#cache.has(header);
  }

  async #signIn(header: string, before: VerifiedToken | null): Promise<SignedIn | null> {
    const credential = bearerToken(header);
    const em = this.database.em.fork();
    const signedIn = new CachedRead<SignedIn | null>(this.database.driver);
    if (looksLikeApiKey(credential)) {
      this.#cache.set(header, { signedIn, token: null });
      return signedIn.renew(async () => viewerByKeyHash(em, hashApiKey(credential), Date.now()));
    }
    const token = before !== null && Date.now() < before.expiresAt ? before : await this.#verify(credential);
    if (token === null) return null;
    this.#cache.set(header, { signedIn, token });
    return signedIn.renew(async () => {
      const viewer = await viewerByUsername(em, token.username);
      return viewer === null ? null : { viewer, expiresAt: token.expiresAt };
    });
  }

  async #verify(token: string): Promise<VerifiedToken | null> {
    const username = await this.verifyToken(token);
    return username === null ? null : { username, expiresAt: (decodeJwt(token).exp ?? 0) * 1000 };
  }
}
