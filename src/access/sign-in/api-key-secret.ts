import { createHash, randomBytes } from 'node:crypto';

/** Characters of a key that lists show. The secret behind them has more than 200 random bits. */
const PREFIX_CHARACTERS = 12;

export interface NewApiKey {
  /** The secret itself, which is shown once and never stored. */
  key: string;
  hash: string;
  /** The first characters of the key, to find it by. */
  prefix: string;
}

export function newApiKey(): NewApiKey {
  const key = `igw_${randomBytes(32).toString('base64url')}`;
  return { key, hash: hashApiKey(key), prefix: key.slice(0, PREFIX_CHARACTERS) };
}

/** SHA-256 in hex. It needs no salt and no slow hash: a key of 256 random bits cannot be guessed. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export function looksLikeApiKey(token: string): boolean {
  return /^igw_[\w-]{43}$/.test(token);
}
