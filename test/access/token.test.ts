import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTokenVerifier, hashApiKey, looksLikeApiKey, mintToken, newApiKey, readOrCreateSecret } from '../../src/access/sign-in/token.js';
import type { TokenAuth } from '../../src/access/sign-in/token.js';
import { temporaryFolder } from '../support/temp-folder.js';

const secret = 'a-secret-of-at-least-thirty-two-bytes';
const nothing: TokenAuth = { secret: null, publicKey: null, jwksUrl: null, issuer: null, audience: null };

function verifier(auth: Partial<TokenAuth>) {
  return createTokenVerifier({ ...nothing, ...auth }, '/nowhere/secret');
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
    const verify = await verifier({ secret });
    expect(await verify(await mintToken(secret, 'alice', { expiresIn: '1h' }))).toBe('alice');
    expect(await verify(await mintToken(secret, 'bob', { expiresIn: 60 }))).toBe('bob');
  });

  it('is checked with the generated secret when nothing is configured', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'secret');
    const verify = await createTokenVerifier(nothing, file);
    expect(await verify(await mintToken(await readOrCreateSecret(file), 'alice', { expiresIn: '1h' }))).toBe('alice');
  });

  it.each([
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['PS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ])('signed with %s is checked with the public key', async (alg, pair) => {
    const verify = await verifier({ publicKey: pemOf(pair.publicKey) });
    expect(await verify(await signed(alg, pair.privateKey))).toBe('alice');
  });

  it('is checked with the key set of a server, fetched by the given fetch', async () => {
    const pair = generateKeyPairSync('ed25519');
    await using keys = await keyServer(() => ({ status: 200, body: body }));
    const body = JSON.stringify({ keys: [await exportJWK(pair.publicKey)] });
    const asked: string[] = [];
    const verify = await createTokenVerifier({ ...nothing, jwksUrl: keys.url }, '/nowhere', { fetch: (url, options) => (asked.push(url), fetch(url, options)) });
    expect(await verify(await signed('EdDSA', pair.privateKey))).toBe('alice');
    expect(await verify(await signed('EdDSA', generateKeyPairSync('ed25519').privateKey))).toBeNull();
    expect(asked).toEqual([keys.url]);
  });

  it('must carry the issuer and the audience that are configured', async () => {
    const verify = await verifier({ secret, issuer: 'id', audience: 'gateway' });
    expect(await verify(await mintToken(secret, 'alice', { expiresIn: '1h', issuer: 'id', audience: 'gateway' }))).toBe('alice');
    expect(await verify(await mintToken(secret, 'alice', { expiresIn: '1h', issuer: 'other', audience: 'gateway' }))).toBeNull();
    expect(await verify(await mintToken(secret, 'alice', { expiresIn: '1h', issuer: 'id' }))).toBeNull();
  });

  it('may have expired a moment ago, since clocks differ, but no longer', async () => {
    const verify = await verifier({ secret });
    const now = Math.floor(Date.now() / 1000);
    expect(await verify(await signed('HS256', Buffer.from(secret), { exp: now + 1 }))).toBe('alice');
    expect(await verify(await signed('HS256', Buffer.from(secret), { exp: now - 10 }))).toBeNull();
    expect(await verify(await signed('HS256', Buffer.from(secret), { nbf: now + 60 }))).toBeNull();
  });

  it('is refused without end, without subject, or with a subject that is no name', async () => {
    const verify = await verifier({ secret });
    for (const claims of [{ exp: undefined }, { sub: undefined }, { sub: '' }, { sub: 7 }, { exp: 'never' }]) {
      expect(await verify(await signed('HS256', Buffer.from(secret), claims))).toBeNull();
    }
  });

  it('cannot choose how it is checked', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const verify = await verifier({ publicKey: pemOf(pair.publicKey) });
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"alice","exp":9999999999}').toString('base64url')}.`;
    expect(await verify(await signed('HS256', Buffer.from(pemOf(pair.publicKey))))).toBeNull();
    expect(await verify(unsigned)).toBeNull();
    expect(await (await verifier({ secret }))(await signed('HS512', Buffer.from(secret.repeat(2))))).toBeNull();
  });

  it('is refused when it is no token at all', async () => {
    const verify = await verifier({ secret });
    for (const text of ['', '.', '..', 'a.b.c', 'x'.repeat(100_000), (await mintToken('another-secret-of-thirty-two-bytes', 'alice', { expiresIn: '1h' }))]) {
      expect(await verify(text)).toBeNull();
    }
  });

  it('is neither right nor wrong while the key set cannot be read', async () => {
    await using keys = await keyServer(() => ({ status: 503, body: '' }));
    const verify = await verifier({ jwksUrl: keys.url });
    await expect(verify(await signed('EdDSA', generateKeyPairSync('ed25519').privateKey))).rejects.toThrow('200 OK');
  });
});

describe('the generated secret', () => {
  it('is made once, for its owner only, also when several ask together', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'new', 'secret');
    const secrets = await Promise.all(Array.from({ length: 8 }, () => readOrCreateSecret(file)));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[\w-]{43}$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder.path, 'new'))).toEqual(['secret']);
  });

  it('is refused when the file was cut short', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'secret');
    await writeFile(file, 'short\n');
    await expect(readOrCreateSecret(file)).rejects.toThrow(`The secret in ${file} has only 5 characters`);
  });
});

describe('an API key', () => {
  it('is told from a token and is known by its hash', () => {
    const { key, hash } = newApiKey();
    expect(looksLikeApiKey(key)).toBe(true);
    expect(hashApiKey(key)).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(newApiKey().key).not.toBe(key);
  });

  it('is not seen in other texts', () => {
    for (const text of ['igw_short', `${newApiKey().key}x`, 'eyJh.b.c', '']) expect(looksLikeApiKey(text)).toBe(false);
  });
});
