import type { SqlEntityManager } from '../platform/database.js';
import { unauthenticated } from '../platform/errors.js';
import { viewerByKeyHash, viewerByUsername } from './load-viewer.js';
import { hashApiKey, looksLikeApiKey, type TokenVerifier } from './token.js';
import type { Viewer } from './viewer.js';

function bearerToken(header: string): string {
  const match = /^Bearer +([^\s]+) *$/i.exec(header);
  if (match?.[1] === undefined) throw unauthenticated();
  return match[1];
}

/**
 * The viewer that an Authorization header stands for; null when there is no header. A header that is no good – malformed,
 * expired, revoked, of an unknown or inactive user – throws UNAUTHENTICATED, with the same words for each.
 */
export async function authenticate(
  em: SqlEntityManager,
  verifyToken: TokenVerifier,
  header: string | undefined,
): Promise<Viewer | null> {
  if (header === undefined || header === '') return null;
  const token = bearerToken(header);
  const viewer = looksLikeApiKey(token)
    ? await viewerByKeyHash(em, hashApiKey(token), Date.now())
    : await viewerOfToken(em, verifyToken, token);
  if (viewer === null) throw unauthenticated();
  return viewer;
}

async function viewerOfToken(em: SqlEntityManager, verifyToken: TokenVerifier, token: string): Promise<Viewer | null> {
  const username = await verifyToken(token);
  return username === null ? null : viewerByUsername(em, username);
}
