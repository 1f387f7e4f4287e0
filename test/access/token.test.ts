import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { hashApiKey, looksLikeApiKey, newApiKey } from '../../src/access/sign-in/api-key-secret.js';
import { SignInRefused } from '../../src/access/sign-in/sign-in-failure.js';
import { readOrCreateSecrets, readSecrets } from '../../src/access/sign-in/signing-secret.js';
import { createTokenVerifier, mintToken } from '../../src/access/sign-in/token.js';
import type { TokenAuth, TokenVerifier } from '../../src/access/sign-in/token.js';
import { temporaryFolder } from '../support/temp-folder.js';

const secret = 'a-secret-of-at-least-thirty-two-bytes';
const nothing: TokenAuth = { secrets: [], publicKeys: [], jwksUrl: null, issuer: null, audience: null, usernameClaim: 'sub', groupsClaim: null };

/** The username of a token, or why it is refused. */
function told(verify: TokenVerifier): (token: string) => Promise<string> {
  return async (token) => {
    try {
      return (await verify(token)).username;
    } catch (error) {
      if (error instanceof SignInRefused) return `${error.reason}${error.username === null ? '' : ` (${error.username})`}`;
      throw error;
    }
  };
}

async function verifier(auth: Partial<TokenAuth>): Promise<(token: string) => Promise<string>> {
  return told(await createTokenVerifier({ ...nothing, ...auth }, '/nowhere/secret'));
}

function signed(alg: string, key: KeyObject | Uint8Array, claims: Record<string, unknown> = {}): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 600;
  return new SignJWT({ sub: 'alice', exp, ...claims }).setProtectedHeader({ alg }).sign(key);
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

async function keyServer(answer: () => { status: number; body: string }) {
  const server = createServer((_request, response) => {
    const { status, body } = answer();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/keys`, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

describe('a token', () => {
  it('signs in its subject when the secret fits', async () => {
    const verify = await verifier({ secrets: [secret] });
    expect(await verify(await mintToken(secret, 'alice', { expiresIn: '1h' }))).toBe('alice');
    expect(await verify(await mintToken(secret, 'bob', { expiresIn: 60 }))).toBe('bob');
  });

  it('is checked with the generated secret when nothing is configured', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'secret');
    const verify = told(await createTokenVerifier(nothing, file));
    const [generated = ''] = await readOrCreateSecrets(file);
    expect(await verify(await mintToken(generated, 'alice', { expiresIn: '1h' }))).toBe('alice');
    await writeFile(file, `${'n'.repeat(40)}\n${generated}\n`);
    const rotated = told(await createTokenVerifier(nothing, file));
    for (const one of ['n'.repeat(40), generated]) expect(await rotated(await mintToken(one, 'alice', { expiresIn: '1h' }))).toBe('alice');
  });

  it.each([
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['PS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ])('signed with %s is checked with the public key', async (alg, pair) => {
    const verify = await verifier({ publicKeys: [pemOf(pair.publicKey)] });
    expect(await verify(await signed(alg, pair.privateKey))).toBe('alice');
  });

  it('is checked with the key set of a server, fetched by the given fetch', async () => {
    const pair = generateKeyPairSync('ed25519');
    await using keys = await keyServer(() => ({ status: 200, body: body }));
    const body = JSON.stringify({ keys: [await exportJWK(pair.publicKey)] });
    const asked: string[] = [];
    const verify = told(await createTokenVerifier({ ...nothing, jwksUrl: keys.url }, '/nowhere', { fetch: (url, options) => (asked.push(url), fetch(url, options)) }));
    expect(await verify(await signed('EdDSA', pair.privateKey))).toBe('alice');
    expect(await verify(await signed('EdDSA', generateKeyPairSync('ed25519').privateKey))).toBe('bad signature');
    expect(asked).toEqual([keys.url]);
  });

  it('must carry the issuer and the audience that are configured', async () => {
    const verify = await verifier({ secrets: [secret], issuer: 'id', audience: 'gateway' });
    expect(await verify(await mintToken(secret, 'alice', { expiresIn: '1h', issuer: 'id', audience: 'gateway' }))).toBe('alice');
    expect(await verify(await mintToken(secret, 'alice', { expiresIn: '1h', issuer: 'other', audience: 'gateway' }))).toBe('wrong issuer (alice)');
    expect(await verify(await mintToken(secret, 'alice', { expiresIn: '1h', issuer: 'id' }))).toBe('wrong audience (alice)');
  });

  it('may have expired a moment ago, since clocks differ, but no longer', async () => {
    const verify = await verifier({ secrets: [secret] });
    const now = Math.floor(Date.now() / 1000);
    expect(await verify(await signed('HS256', Buffer.from(secret), { exp: now + 1 }))).toBe('alice');
    expect(await verify(await signed('HS256', Buffer.from(secret), { exp: now - 10 }))).toBe('expired (alice)');
    expect(await verify(await signed('HS256', Buffer.from(secret), { nbf: now + 60 }))).toBe('not yet valid (alice)');
  });

  it.each([
    [{ exp: undefined }, 'no exp (alice)'], [{ exp: 'never' }, 'malformed (alice)'],
    [{ sub: undefined }, 'no username'], [{ sub: '' }, 'no username'], [{ sub: 7 }, 'no username'], [{ sub: 'a\0b' }, 'no username'], [{ sub: 'x'.repeat(300) }, 'no username'],
  ])('with %j is refused: %s', async (claims, reason) => {
    expect(await (await verifier({ secrets: [secret] }))(await signed('HS256', Buffer.from(secret), claims))).toBe(reason);
  });

  it('cannot choose how it is checked', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const verify = await verifier({ publicKeys: [pemOf(pair.publicKey)] });
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"alice","exp":9999999999}').toString('base64url')}.`;
    expect(await verify(await signed('HS256', Buffer.from(pemOf(pair.publicKey))))).toBe('wrong algorithm');
    expect(await verify(unsigned)).toBe('wrong algorithm');
    expect(await (await verifier({ secrets: [secret] }))(await signed('HS512', Buffer.from(secret.repeat(2))))).toBe('wrong algorithm');
  });

  it('is refused when it is no token at all', async () => {
    const verify = await verifier({ secrets: [secret] });
    for (const text of ['', '.', '..', 'a.b.c', 'x'.repeat(100_000)]) expect(await verify(text)).toBe('malformed');
    expect(await verify(await mintToken('another-secret-of-thirty-two-bytes', 'alice', { expiresIn: '1h' }))).toBe('bad signature');
  });

  it('is verified with each of several secrets or keys', async () => {
    const secrets = [secret, 'the-secret-before-of-thirty-two-bytes'];
    const bySecret = await verifier({ secrets });
    for (const one of secrets) expect(await bySecret(await mintToken(one, 'alice', { expiresIn: '1h' }))).toBe('alice');
    const pairs = [generateKeyPairSync('ed25519'), generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('ed25519')];
    const byKey = await verifier({ publicKeys: pairs.map(({ publicKey }) => pemOf(publicKey)) });
    for (const [at, alg] of ['EdDSA', 'ES256', 'EdDSA'].entries()) expect(await byKey(await signed(alg, pairs[at]?.privateKey ?? Buffer.from('')))).toBe('alice');
    expect(await byKey(await signed('EdDSA', generateKeyPairSync('ed25519').privateKey))).toBe('bad signature');
  });

  it('names its user and groups in the claims that are configured', async () => {
    const verify = await createTokenVerifier({ ...nothing, secrets: [secret], usernameClaim: 'https://id.example/name', groupsClaim: 'groups' }, '/nowhere');
    const said = async (groups: unknown) => (await verify(await signed('HS256', Buffer.from(secret), { 'https://id.example/name': 'bob', groups }))).groups;
    expect((await verify(await mintToken(secret, 'bob', { expiresIn: 60, usernameClaim: 'https://id.example/name' }))).username).toBe('bob');
    expect(await said(['a', 'b', 'a', 7, null, 'not a name', ''])).toEqual(['a', 'b']);
    expect(await said('a b')).toEqual(['a', 'b']);
    for (const wrong of [undefined, null, 7, { a: 'a' }]) expect(await said(wrong)).toEqual([]);
    expect(await said(Array.from({ length: 300 }, (_one, at) => `g${at}`))).toHaveLength(250);
    expect(await (await verifier({ secrets: [secret], usernameClaim: 'constructor' }))(await signed('HS256', Buffer.from(secret)))).toBe('no username');
  });

  it('is neither right nor wrong while the key set cannot be read, which is logged once and fetched seldom', async () => {
    let [status, asked] = [503, 0];
    const pair = generateKeyPairSync('ed25519');
    const body = JSON.stringify({ keys: [await exportJWK(pair.publicKey)] });
    await using keys = await keyServer(() => ((asked += 1), { status, body }));
    const lines: string[] = [];
    const note = (line: unknown): void => void lines.push(String(line));
    const verify = told(await createTokenVerifier({ ...nothing, jwksUrl: keys.url }, '/nowhere', { log: { warn: note, info: note } }));
    for (let times = 0; times < 3; times += 1) expect(await verify(await signed('EdDSA', pair.privateKey))).toBe('key set unavailable');
    expect(asked).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^AUTH_JWKS_URL=http:\/\/127\.0\.0\.1:\d+\/keys: the key set cannot be read \(.*200 OK.*API keys work\.$/)]);
    status = 200;
    await expect.poll(async () => verify(await signed('EdDSA', pair.privateKey)), { timeout: 10_000 }).toBe('alice');
    expect(lines.slice(1)).toEqual(['The key set of AUTH_JWKS_URL can be read again.']);
  });
});

describe('the generated secret', () => {
  it('is made once, for its owner only, also when several ask together', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'new', 'secret');
    const secrets = await Promise.all(Array.from({ length: 8 }, () => readOrCreateSecrets(file)));
    expect(new Set(secrets.flat()).size).toBe(1);
    expect(secrets[0]?.[0]).toMatch(/^[\w-]{43}$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder.path, 'new'))).toEqual(['secret']);
  });

  it('is not made by who only reads it', async () => {
    await using folder = await temporaryFolder();
    expect(await readSecrets(join(folder.path, 'new', 'secret'))).toBeNull();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('is refused when the file was cut short', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'secret');
    await writeFile(file, 'short\n');
    await expect(readOrCreateSecrets(file)).rejects.toThrow(`The secret in ${file} has only 5 characters`);
  });
});

describe('an API key', () => {
  it('is told from a token and is known by its hash', () => {
    const { key, hash, prefix } = newApiKey();
    expect(key.startsWith(prefix) && prefix.length).toBe(12);
    expect(looksLikeApiKey(key)).toBe(true);
    expect(hashApiKey(key)).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(newApiKey().key).not.toBe(key);
  });

  it('is not seen in other texts', () => {
    for (const text of ['igw_short', `${newApiKey().key}x`, 'eyJh.b.c', '']) expect(looksLikeApiKey(text)).toBe(false);
  });
});
