import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { JWTVerifyGetKey } from 'jose';
import { KeySet, type KeySetOptions } from './key-set.js';
import { readOrCreateSecrets } from './signing-secret.js';

/** The keys of the settings. At most one of `secrets`, `publicKeys` (PEM) and `jwksUrl` is set; with none, the generated secret is used. */
export interface KeySettings {
  /** The first signs, and all verify. */
  secrets: readonly string[];
  publicKeys: readonly string[];
  jwksUrl: string | null;
}

/** A key, or a function that finds it, with the algorithms that it verifies. */
export interface PinnedKey {
  key: Uint8Array | KeyObject | JWTVerifyGetKey;
  algorithms: string[];
}

const ASYMMETRIC_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

/** Every key that may verify a token. Begins to fetch the key set; creates `secretFile` where no key is configured. */
export async function pinnedKeys(auth: KeySettings, secretFile: string, options: KeySetOptions): Promise<readonly PinnedKey[]> {
  if (auth.jwksUrl !== null) {
    const keys = new KeySet(auth.jwksUrl, options);
    void keys.load();
    return [{ key: keys.find, algorithms: ASYMMETRIC_ALGORITHMS }];
  }
  if (auth.publicKeys.length > 0) {
    return auth.publicKeys.map((pem) => {
      const key = createPublicKey(pem);
      return { key, algorithms: algorithmsOf(key) };
    });
  }
  const secrets = auth.secrets.length > 0 ? auth.secrets : await readOrCreateSecrets(secretFile);
  return secrets.map((secret) => ({ key: Buffer.from(secret), algorithms: ['HS256'] }));
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
