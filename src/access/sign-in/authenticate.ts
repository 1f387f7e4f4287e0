import { decodeJwt } from 'jose';
import type { Database } from '../../platform/database/database.js';
import { unauthenticated } from '../../platform/errors.js';
import { CachedRead } from '../../platform/database/cache-invalidation.js';
import { type SignedIn, viewerByKeyHash, viewerByUsername } from './load-viewer.js';
import { hashApiKey, looksLikeApiKey, type TokenVerifier } from './token.js';
import type { Viewer } from '../viewer.js';

/** Headers that are remembered; the oldest goes first. */
const MOST_KNOWN = 10_000;

/** Who a token was signed for: its signature is checked once. */
interface Verified {
  username: string;
  expiresAt: number;
}

interface Known {
  signedIn: CachedRead<SignedIn | null>;
  verified: Verified | null;
}

function bearerToken(header: string): string {
  const match = /^Bearer +([^\s]+) *$/i.exec(header);
  if (match?.[1] === undefined) throw unauthenticated();
  return match[1];
}

/**
 * Who is behind an Authorization header. A good one is remembered for a moment, and its viewer read anew after any change
 * of users, groups, keys or datacenters; an expiry is looked at each time.
 */
export class SignIns {
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly database: Database,
    private readonly verifyToken: TokenVerifier,
  ) {}

  /**
   * The viewer that an Authorization header stands for; null when there is no header. A header that is no good – malformed,
   * expired, revoked, of an unknown or inactive user – throws UNAUTHENTICATED, with the same words for each. Not `isCached`:
   * read from the database now.
   */
  async viewerOf(header: string | undefined, isCached = true): Promise<Viewer | null> {
    if (header === undefined || header === '') return null;
    const known = this.#known.get(header);
    const remembered = isCached ? (known?.signedIn.get() ?? null) : null;
    if (remembered !== null && Date.now() < remembered.expiresAt) return remembered.viewer;
    const signedIn = await this.#look(header, known?.verified ?? null);
    if (signedIn !== null) return signedIn.viewer;
    this.#known.delete(header);
    throw unauthenticated();
  }

  /** Whether a header was good when it was last seen. */
  knows(header: string): boolean {
    return this.#known.has(header);
  }

  async #look(header: string, before: Verified | null): Promise<SignedIn | null> {
    const token = bearerToken(header);
    const em = this.database.em.fork();
    const signedIn = new CachedRead<SignedIn | null>(this.database.driver);
    if (looksLikeApiKey(token)) {
      this.#remember(header, { signedIn, verified: null });
      return signedIn.renew(async () => viewerByKeyHash(em, hashApiKey(token), Date.now()));
    }
    const verified = before !== null && Date.now() < before.expiresAt ? before : await this.#verify(token);
    if (verified === null) return null;
    this.#remember(header, { signedIn, verified });
    return signedIn.renew(async () => {
      const viewer = await viewerByUsername(em, verified.username);
      return viewer === null ? null : { viewer, expiresAt: verified.expiresAt };
    });
  }

  async #verify(token: string): Promise<Verified | null> {
    const username = await this.verifyToken(token);
    return username === null ? null : { username, expiresAt: (decodeJwt(token).exp ?? 0) * 1000 };
  }

  #remember(header: string, known: Known): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(header, known);
  }
}
