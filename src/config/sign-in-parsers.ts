import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { commaSeparated, InvalidSetting } from './config-parsers.js';

/** Keys and secrets of one setting: each that is tried costs time at every wrong token. */
const MOST_KEYS = 10;
const CLAIM = /^[\x21-\x7e]{1,200}$/;
/** Claims with a meaning of their own. */
const OTHER_CLAIMS: readonly string[] = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', '__proto__'];
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;

/** The exact name of a claim, which may be a URL. */
export function claimName(text: string): string {
  if (CLAIM.test(text) && !OTHER_CLAIMS.includes(text)) return text;
  throw new InvalidSetting('accepted: the name of a claim such as sub, email or groups, 1 to 200 characters without blanks, and none of iss, aud, exp, nbf, iat, jti');
}

/** RFC 7518 requires a secret as long as the hash, 32 bytes: a shorter one can be guessed offline from any token. */
export function hmacSecrets(text: string): readonly string[] {
  const secrets = text.split(/[,\r\n]/).map((secret) => secret.trim()).filter((secret) => secret !== '');
  if (secrets.length === 0 || secrets.length > MOST_KEYS) throw new InvalidSetting(`${secrets.length} secrets; accepted: 1 to ${MOST_KEYS}, separated by commas or line ends`);
  for (const [at, secret] of secrets.entries()) {
    const length = Buffer.byteLength(secret);
    if (length >= 32) continue;
    const which = secrets.length === 1 ? '' : `secret ${at + 1} of ${secrets.length} has `;
    throw new InvalidSetting(`${which}only ${length} bytes; accepted: a secret of at least 32 bytes without a comma, or several separated by commas or line ends`);
  }
  return secrets;
}

/** Reads PEMs (their line ends may be written as \n), or the files at these paths, and returns each key as SPKI PEM. */
export function publicKeys(text: string): readonly string[] {
  const pems = text.includes('-----BEGIN') ? pemsIn(text.replaceAll('\\n', '\n')) : commaSeparated(text).flatMap((path) => pemsIn(readPem(path)));
  if (pems.length > 0 && pems.length <= MOST_KEYS) return pems.map(publicKey);
  throw new InvalidSetting(`${pems.length} keys; accepted: 1 to ${MOST_KEYS} public keys as PEM, or the paths of files with them, separated by commas`);
}

/** A text without a whole PEM is one that cannot be read. */
function pemsIn(text: string): readonly string[] {
  const pems = [...text.matchAll(PEM)].map(([pem]) => pem);
  return pems.length === 0 ? [text] : pems;
}

function publicKey(pem: string): string {
  if (pem.includes('PRIVATE KEY')) throw new InvalidSetting('this is a private key; accepted: the PEM of the public key that belongs to it');
  const key = readKey(pem);
  if (!isAcceptedKey(key)) {
    throw new InvalidSetting('accepted: a public key of type RSA (2048 bits or more), EC (P-256, P-384, P-521) or Ed25519');
  }
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidSetting('no PEM and no readable file; accepted: a public key as PEM, or the path of a file with one', { cause: error });
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new InvalidSetting('not a readable key; accepted: a public key as PEM, or the path of a file with one', { cause: error });
  }
}

function isAcceptedKey(key: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return modulusLength >= 2048;
    case 'ec':
      return ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve);
    default:
      return key.asymmetricKeyType === 'ed25519';
  }
}
