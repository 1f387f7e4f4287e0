import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import { fieldFault } from '../people/people-rules.js';
import { type KeySetOptions, KeySetUnavailable } from './key-set.js';
import { type KeySettings, type PinnedKey, pinnedKeys } from './pinned-keys.js';
import { refused, type SignInFailure, SignInRefused } from './sign-in-failure.js';

/** What tokens are verified with, and what is read of them. */
export interface TokenAuth extends KeySettings {
  issuer: string | null;
  audience: string | null;
  /** The claim that holds the username. */
  usernameClaim: string;
  /** The claim that holds names of groups; null: tokens name no groups. */
  groupsClaim: string | null;
}

/** What a valid token says. */
export interface VerifiedToken {
  username: string;
  /** Names of groups, whether or not there are such groups. */
  groups: readonly string[];
  /** In milliseconds since 1970. */
  expiresAt: number;
}

/** Verifies a token. Throws SignInRefused for an invalid one, and while the key set cannot be read. */
export type TokenVerifier = (token: string) => Promise<VerifiedToken>;

const CLOCK_TOLERANCE_SECONDS = 5;
const LONGEST_TOKEN = 8192;
/** No username is longer, and no text of the database holds NUL. */
const MOST_NAME_CHARACTERS = 200;
/** Groups of one token; further ones are ignored. */
const MOST_GROUPS = 250;

/** Pins the algorithms to the configured keys, so that a token cannot choose how it is verified. Creates `secretFile` where no key is configured. */
export async function createTokenVerifier(auth: TokenAuth, secretFile: string, options: KeySetOptions = {}): Promise<TokenVerifier> {
  const keys = await pinnedKeys(auth, secretFile, options);
  const rules: JWTVerifyOptions = {
    requiredClaims: ['exp'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(auth.issuer === null ? {} : { issuer: auth.issuer }),
    ...(auth.audience === null ? {} : { audience: auth.audience }),
  };
  return async (token) => {
    if (token.length > LONGEST_TOKEN) throw refused('malformed');
    try {
      return claimsOf(await verifyWithOneOf(keys, token, rules), auth);
    } catch (error) {
      throw refusalOf(error, auth) ?? error;
    }
  };
}

/** Tries the keys whose algorithm is that of the token, one after the other. */
async function verifyWithOneOf(keys: readonly PinnedKey[], token: string, rules: JWTVerifyOptions): Promise<JWTPayload> {
  const { alg = '' } = headerOf(token);
  const fitting = keys.filter(({ algorithms }) => algorithms.includes(alg));
  let refusal: unknown = refused('wrong algorithm');
  for (const { key, algorithms } of fitting) {
    try {
      const options = { ...rules, algorithms };
      return (await (typeof key === 'function' ? jwtVerify(token, key, options) : jwtVerify(token, key, options))).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

function headerOf(token: string): { alg?: string } {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw refused('malformed');
  }
}

function claimsOf(payload: JWTPayload, { usernameClaim, groupsClaim }: TokenAuth): VerifiedToken {
  const username = usernameIn(payload, usernameClaim);
  if (username === null) throw refused('no username');
  return { username, groups: groupsClaim === null ? [] : groupsIn(payload, groupsClaim), expiresAt: (payload.exp ?? 0) * 1000 };
}

/** A claim of the token's own; never what an object inherits. */
function claimIn(payload: JWTPayload, claim: string): unknown {
  return Object.hasOwn(payload, claim) ? payload[claim] : undefined;
}

function usernameIn(payload: JWTPayload, claim: string): string | null {
  const value = claimIn(payload, claim);
  return typeof value === 'string' && value.length <= MOST_NAME_CHARACTERS && value !== '' && !value.includes('\0') ? value : null;
}

/** A list, or a text with names between blanks. What cannot be the name of a group is ignored. */
function groupsIn(payload: JWTPayload, claim: string): readonly string[] {
  const value = claimIn(payload, claim);
  const names: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  const valid = names.filter((name): name is string => typeof name === 'string' && fieldFault('name', name).length === 0);
  return [...new Set(valid)].slice(0, MOST_GROUPS);
}

/** Null for an error that is no fault of the token. The signature has been verified before any claim is. */
function refusalOf(error: unknown, { usernameClaim }: TokenAuth): SignInRefused | null {
  if (error instanceof SignInRefused) return error;
  if (error instanceof KeySetUnavailable) return refused('key set unavailable');
  if (error instanceof errors.JWTExpired) return refused('expired', usernameIn(error.payload, usernameClaim));
  if (error instanceof errors.JWTClaimValidationFailed) return refused(reasonOfClaim(error), usernameIn(error.payload, usernameClaim));
  if (error instanceof errors.JWSSignatureVerificationFailed) return refused('bad signature');
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return refused('wrong algorithm');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return refused('unknown signing key');
  return error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid ? refused('malformed') : null;
}

const REASONS: ReadonlyMap<string, SignInFailure> = new Map([['iss', 'wrong issuer'], ['aud', 'wrong audience'], ['nbf', 'not yet valid']]);

function reasonOfClaim({ claim, reason }: errors.JWTClaimValidationFailed): SignInFailure {
  if (claim === 'exp' && reason === 'missing') return 'no exp';
  return REASONS.get(claim) ?? 'malformed';
}

/** Whom a token names, and for how long it holds: a number of seconds, or a duration such as `12h`. */
export interface TokenOptions {
  expiresIn: number | string;
  issuer?: string | null;
  audience?: string | null;
  /** The claim that holds the username; `sub` by default. It is in `sub` as well. */
  usernameClaim?: string;
}

/** Signs a token with HS256. */
export async function mintToken(secret: string, username: string, options: TokenOptions): Promise<string> {
  const { expiresIn, issuer, audience, usernameClaim = 'sub' } = options;
  const token = new SignJWT({ [usernameClaim]: username })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(username)
    .setIssuedAt()
    .setExpirationTime(typeof expiresIn === 'number' ? `${expiresIn}s` : expiresIn);
  if (issuer) token.setIssuer(issuer);
  if (audience) token.setAudience(audience);
  return token.sign(Buffer.from(secret));
}
