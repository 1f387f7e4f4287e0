import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { ask } from '../support/transports.js';

const SECRET = 'a secret of more than thirty-two bytes';
const QUERY = { query: '{ viewer { user { username } } }' };
const now = (): number => Math.floor(Date.now() / 1000);

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
const keys: Record<'revoked' | 'expired' | 'of an inactive user', string> = { revoked: '', expired: '', 'of an inactive user': '' };

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh({ AUTH_JWT_SECRET: SECRET, AUTH_JWT_ISSUER: 'https://people.example', AUTH_JWT_AUDIENCE: 'images', FAILED_SIGN_INS: '0' }));
  const newKey = async (username: string, expiresAt: string | null = null) =>
    (await admin.run('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { id key } }', { input: { username, name: 'k', expiresAt } })).createApiKey as { id: string; key: string };
  await admin.run('mutation { createUser(input: { username: "gone" }) { username } }');
  const revoked = await newKey('admin');
  await admin.run('mutation ($id: ID!) { revokeApiKey(id: $id) }', { id: revoked.id });
  const expiresAt = new Date(Date.now() + 2000);
  Object.assign(keys, { revoked: revoked.key, expired: (await newKey('admin', expiresAt.toISOString())).key, 'of an inactive user': (await newKey('gone')).key });
  await admin.run('mutation { updateUser(input: { username: "gone", active: false }) { username } }');
  while (Date.now() <= expiresAt.getTime()) await new Promise((resolve) => setTimeout(resolve, 20));
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

interface Claims {
  sub?: string;
  iss?: string;
  aud?: string;
  exp?: number | null;
}

const good = { sub: 'admin', iss: 'https://people.example', aud: 'images' };

async function signed(claims: Claims, secret = SECRET, alg = 'HS256'): Promise<string> {
  const { exp = now() + 600, ...rest } = { ...good, ...claims };
  return new SignJWT({ ...rest, ...(exp !== null && { exp }) }).setProtectedHeader({ alg }).sign(Buffer.from(secret));
}

const BAD: [what: string, token: () => Promise<string>][] = [
  ['an unknown user', () => signed({ sub: 'nobody' })],
  ['an inactive user', () => signed({ sub: 'gone' })],
  ['the user that the gateway itself is', () => signed({ sub: 'system' })],
  ['no user', () => signed({ sub: '' })],
  ['a token that has expired', () => signed({ exp: now() - 600 })],
  ['a token without an end', () => signed({ exp: null })],
  ['another key', () => signed({}, 'another secret of more than thirty-two bytes')],
  ['another key and an unknown user', () => signed({ sub: 'nobody' }, 'another secret of more than thirty-two bytes')],
  ['another algorithm', () => signed({}, SECRET.repeat(2), 'HS512')],
  ['no signature', async () => new UnsecuredJWT({ ...good, exp: now() + 600 }).encode()],
  ['another issuer', () => signed({ iss: 'https://evil.example' })],
  ['another audience', () => signed({ aud: 'mail' })],
  ['no token at all', async () => 'nonsense'],
  ['two words', async () => 'one two'],
  ['an unknown API key', async () => `${keys.revoked.slice(0, -4)}aaaa`],
  ['a revoked API key', async () => keys.revoked],
  ['an expired API key', async () => keys.expired],
  ['an API key of an inactive user', async () => keys['of an inactive user']],
];

describe('whoever is not signed in is told the same, whatever is wrong', () => {
  it('a good token is good', async () => {
    expect(await ask('http', gateway.url, await signed({}), QUERY)).toEqual({ data: { viewer: { user: { username: 'admin' } } }, extensions: expect.anything() });
  });

  it.each(BAD)('over HTTP and SSE: %s', async (_what, token) => {
    const bearer = await token();
    for (const accept of ['application/json', 'text/event-stream']) {
      const send = async (authorization: string | null) => {
        const headers = { 'content-type': 'application/json', accept, ...(authorization !== null && { authorization }) };
        const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(QUERY) });
        const names = [...response.headers.keys()].sort();
        return { status: response.status, names, body: await response.text() };
      };
      const answer = await send(`Bearer ${bearer}`);
      expect(answer).toEqual(await send(null));
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
  });

  it.each(BAD)('over WebSocket: %s', async (_what, token) => {
    expect(await ask('websocket', gateway.url, await token(), QUERY)).toEqual({ errors: [{ message: 'closed', extensions: { code: 'CLOSED_4401' } }] });
  });
});
