import { CachedRead } from '../../platform/database/cache-invalidation.js';
import type { Database } from '../../platform/database/database.js';
import type { Log } from '../../platform/log.js';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import { truncate } from '../../platform/message-text.js';
import type { ApiKeyUses } from '../api-keys/api-key-uses.js';
import { Viewer } from '../viewer.js';
import { hashApiKey, looksLikeApiKey } from './api-key-secret.js';
import { type SignedIn, viewerByKeyHash, viewerByUsername } from './load-viewer.js';
import { provisionUser } from './provision-user.js';
import { type Refusal, refused, SignInRefused } from './sign-in-failure.js';
import type { TokenVerifier, VerifiedToken } from './token.js';

/** Headers in the cache. */
const MOST_HEADERS = 10_000;

interface CachedSignIn {
  signedIn: CachedRead<SignedIn | Refusal>;
  /** Verified once; null for an API key. */
  token: VerifiedToken | null;
}

export interface SignInServices {
  database: Database;
  verifyToken: TokenVerifier;
  /** Null: uses of API keys are not recorded. */
  keyUses: Pick<ApiKeyUses, 'note'> | null;
  /** Whether a valid token of an unknown name creates the user. */
  provision: boolean;
  log: Pick<Log, 'info'>;
}

function bearerToken(header: string): string {
  const match = /^Bearer +([^\s]+) *$/i.exec(header);
  if (match?.[1] === undefined) throw refused('malformed');
  return match[1];
}

/**
 * Finds the viewer of an Authorization header. The viewer of a valid one is cached for a moment: any change of users, groups, keys
 * or datacenters invalidates it, and its expiry is checked each time.
 */
export class SignIns {
  readonly #cache = new BoundedCache<string, CachedSignIn>({ max: MOST_HEADERS });

  constructor(private readonly services: SignInServices) {}

  /**
   * The viewer of an Authorization header; null when there is none. An invalid header – malformed, expired, revoked, of an unknown
   * or inactive user – throws SignInRefused: UNAUTHENTICATED, with the same words for each. With `isCached` false, the rights are read
   * from the database now.
   */
  async viewerOf(header: string | undefined, isCached = true): Promise<Viewer | null> {
    if (header === undefined || header === '') return null;
    const entry = this.#cache.get(header);
    const cached = isCached ? entry?.signedIn.get() : undefined;
    const { viewer, keyId } = cached !== undefined && 'viewer' in cached && Date.now() < cached.expiresAt ? cached : await this.#signIn(header, entry?.token ?? null);
    if (keyId !== null) this.services.keyUses?.note(keyId);
    return viewer;
  }

  /** Whether a header was valid when it was last seen. */
  knows(header: string): boolean {
    return this.#cache.has(header);
  }

  async #signIn(header: string, before: VerifiedToken | null): Promise<SignedIn> {
    try {
      const credential = bearerToken(header);
      const token = looksLikeApiKey(credential) ? null : await this.#verify(credential, before);
      const entry: CachedSignIn = { signedIn: new CachedRead(this.services.database.driver), token };
      const outcome = await entry.signedIn.renew(async () => (token === null ? this.#byKey(credential) : this.#byToken(token)));
      if (!('viewer' in outcome)) throw new SignInRefused(outcome);
      this.#cache.set(header, entry);
      return outcome;
    } catch (error) {
      if (error instanceof SignInRefused) this.#cache.delete(header);
      throw error;
    }
  }

  async #verify(credential: string, before: VerifiedToken | null): Promise<VerifiedToken> {
    return before !== null && Date.now() < before.expiresAt ? before : this.services.verifyToken(credential);
  }

  async #byKey(key: string): Promise<SignedIn | Refusal> {
    return viewerByKeyHash(this.services.database.em.fork(), hashApiKey(key), Date.now());
  }

  async #byToken(token: VerifiedToken): Promise<SignedIn | Refusal> {
    const found = await this.#userOf(token);
    return found instanceof Viewer ? { viewer: found, expiresAt: token.expiresAt, keyId: null } : found;
  }

  async #userOf({ username, groups }: VerifiedToken): Promise<Viewer | Refusal> {
    const { database, provision, log } = this.services;
    const em = database.em.fork();
    const found = await viewerByUsername(em, username, groups);
    if (!provision || found instanceof Viewer || found.reason !== 'unknown user') return found;
    if (!(await provisionUser(em, username))) return { reason: 'refused username', username };
    log.info({ user: truncate(username) }, 'A user was created by a valid token (AUTH_PROVISION).');
    return viewerByUsername(em, username, groups);
  }
}
