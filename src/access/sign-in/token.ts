import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createRemoteJWKSet, customFetch, errors, jwtVerify, SignJWT } from 'jose';
import type { FetchImplementation, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { StartRefusal } from '../../platform/start-refusal.js';
import { makeFolder } from '../../platform/store/make-folder.js';

/** What tokens are verified with. At most one of `secret`, `publicKey` (PEM) and `jwksUrl` is set; with none, the generated secret is used. */
export interface TokenAuth {
  secret: string | null;
  publicKey: string | null;
  jwksUrl: string | null;
  issuer: string | null;
  audience: string | null;
}

/** Returns the username (`sub`) of a valid token, and null for every other text. Throws only when the key set cannot be fetched. */
export type TokenVerifier = (token: string) => Promise<string | null>;

export interface TokenVerifierOptions {
  /** Fetches the key set; without it jose uses the global fetch. */
  fetch?: FetchImplementation;
}

interface PinnedKey {
  key: Uint8Array | KeyObject | JWTVerifyGetKey;
  algorithms: string[];
}

const CLOCK_TOLERANCE_SECONDS = 5;
const LONGEST_TOKEN = 8192;
const ASYMMETRIC_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

/** Pins the algorithms to the configured key, so that a token cannot choose how it is verified. Creates `secretFile` where no key is configured. */
export async function createTokenVerifier(auth: TokenAuth, secretFile: string, options: TokenVerifierOptions = {}): Promise<TokenVerifier> {
  const { key, algorithms } = await pinnedKey(auth, secretFile, options);
  const rules: JWTVerifyOptions = {
    algorithms,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(auth.issuer === null ? {} : { issuer: auth.issuer }),
    ...(auth.audience === null ? {} : { audience: auth.audience }),
  };
  return async (token) => {
    if (token.length > LONGEST_TOKEN) return null;
    try {
      const { payload } = await verify(token, key, rules);
      return typeof payload.sub === 'string' && payload.sub !== '' ? payload.sub : null;
    } catch (error) {
      if (isTokenFault(error)) return null;
      throw error;
    }
  };
}

function verify(token: string, key: PinnedKey['key'], rules: JWTVerifyOptions) {
  return typeof key === 'function' ? jwtVerify(token, key, rules) : jwtVerify(token, key, rules);
}

async function pinnedKey(auth: TokenAuth, secretFile: string, options: TokenVerifierOptions): Promise<PinnedKey> {
  if (auth.publicKey !== null) {
    const key = createPublicKey(auth.publicKey);
    return { key, algorithms: algorithmsOf(key) };
  }
  if (auth.jwksUrl !== null) {
    const fetchOption = options.fetch === undefined ? {} : { [customFetch]: options.fetch };
    return { key: createRemoteJWKSet(new URL(auth.jwksUrl), fetchOption), algorithms: ASYMMETRIC_ALGORITHMS };
  }
  const secret = auth.secret ?? (await readOrCreateSecret(secretFile));
  return { key: Buffer.from(secret), algorithms: ['HS256'] };
}

function algorithmsOf(key: KeyObject): string[] {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
    case 'rsa-pss':
      return ['PS256', 'PS384', 'PS512'];
    case 'ed25519':
      return ['EdDSA', 'Ed25519'];
    default:
      return algorithmOfCurve(key);
  }
}

const ALGORITHMS: ReadonlyMap<string, string> = new Map([['prime256v1', 'ES256'], ['secp384r1', 'ES384'], ['secp521r1', 'ES512']]);

function algorithmOfCurve(key: KeyObject): string[] {
  const algorithm = ALGORITHMS.get(key.asymmetricKeyDetails?.namedCurve ?? '');
  if (algorithm === undefined) throw new Error(`A key of type ${key.asymmetricKeyType} cannot check tokens; accepted: RSA, EC (P-256, P-384, P-521), Ed25519.`);
  return [algorithm];
}

// A token that names an unknown key, or no key where several fit, is as invalid as one with a bad signature. Other errors (time-out,
// bad answer, malformed set) are faults of the key set, which the operator has to see.
function isTokenFault(error: unknown): boolean {
  return [
    errors.JWTInvalid, errors.JWTExpired, errors.JWTClaimValidationFailed, errors.JWSInvalid, errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed, errors.JOSENotSupported, errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys,
  ].some((kind) => error instanceof kind);
}

/** Signs a token with HS256; `expiresIn` is a number of seconds, or a duration such as `12h`. */
export async function mintToken(
  secret: string,
  username: string,
  options: { expiresIn: number | string; issuer?: string | null; audience?: string | null },
): Promise<string> {
  const { expiresIn, issuer, audience } = options;
  const token = new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(username)
    .setIssuedAt()
    .setExpirationTime(typeof expiresIn === 'number' ? `${expiresIn}s` : expiresIn);
  if (issuer) token.setIssuer(issuer);
  if (audience) token.setAudience(audience);
  return token.sign(Buffer.from(secret));
}

/** The file of the generated secret. */
export function secretFileIn(dataDir: string): string {
  return join(dataDir, 'jwt-secret');
}

/**
 * The text of the secret file (mode 0600), which is created with 256 random bits when it is missing. Two processes that start at
 * once get the same secret. Throws when the file holds fewer than 32 characters.
 */
export async function readOrCreateSecret(file: string): Promise<string> {
  const secret = (await readIfThere(file)) ?? (await createSecret(file));
  if (secret.length >= 32) return secret;
  throw new StartRefusal(`The secret in ${file} has only ${secret.length} characters; delete the file to have a new one made, or set AUTH_JWT_SECRET.`);
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

// link() fails when the name is taken: the first process wins, and no process reads half a secret.
async function createSecret(file: string): Promise<string> {
  await makeFolder(dirname(file));
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    await using handle = await open(draft, 'wx', 0o600);
    await handle.writeFile(`${randomBytes(32).toString('base64url')}\n`);
    await handle.sync();
    await link(draft, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

export interface NewApiKey {
  /** The secret itself, which is shown once and never stored. */
  key: string;
  hash: string;
}

export function newApiKey(): NewApiKey {
  const key = `igw_${randomBytes(32).toString('base64url')}`;
  return { key, hash: hashApiKey(key) };
}

/** SHA-256 in hex. It needs no salt and no slow hash: a key of 256 random bits cannot be guessed. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export function looksLikeApiKey(token: string): boolean {
  return /^igw_[\w-]{43}$/.test(token);
}
