import { once } from 'node:events';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
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
  ({ gateway, admin, folder } = await startFresh({ AUTH_JWT_SECRET: SECRET, AUTH_JWT_ISSUER: 'https://people.example', AUTH_JWT_AUDIENCE: 'images', FAILED_SIGN_INS: '0', TRUST_PROXY: '127.0.0.0/8', LOG_LEVEL: 'info' }));
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

/** With the reason, and the user where it is known, as the log tells them. */
const BAD: [what: string, token: () => Promise<string>, reason: string][] = [
  ['an unknown user', () => signed({ sub: 'nobody' }), 'unknown user (nobody)'],
  ['an inactive user', () => signed({ sub: 'gone' }), 'inactive user (gone)'],
  ['the user that the gateway itself is', () => signed({ sub: 'system' }), 'inactive user (system)'],
  ['no user', () => signed({ sub: '' }), 'no username'],
  ['a token that has expired', () => signed({ exp: now() - 600 }), 'expired (admin)'],
  ['a token without an end', () => signed({ exp: null }), 'no exp (admin)'],
  ['another key', () => signed({}, 'another secret of more than thirty-two bytes'), 'bad signature'],
  ['another key and an unknown user', () => signed({ sub: 'nobody' }, 'another secret of more than thirty-two bytes'), 'bad signature'],
  ['another algorithm', () => signed({}, SECRET.repeat(2), 'HS512'), 'wrong algorithm'],
  ['no signature', async () => new UnsecuredJWT({ ...good, exp: now() + 600 }).encode(), 'wrong algorithm'],
  ['another issuer', () => signed({ iss: 'https://evil.example' }), 'wrong issuer (admin)'],
  ['another audience', () => signed({ aud: 'mail' }), 'wrong audience (admin)'],
  ['no token at all', async () => 'nonsense', 'malformed'],
  ['two words', async () => 'one two', 'malformed'],
  ['an unknown API key', async () => `${keys.revoked.slice(0, -4)}aaaa`, 'unknown key'],
  ['a revoked API key', async () => keys.revoked, 'revoked key (admin)'],
  ['an expired API key', async () => keys.expired, 'expired key (admin)'],
  ['an API key of an inactive user', async () => keys['of an inactive user'], 'inactive user (gone)'],
];

/** A token that was good is told apart: its client gets a new one by itself. */
function closeCodeFor(reason: string): number {
  return reason.startsWith('expired (') ? 4403 : 4401;
}

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

  it.each(BAD)('over WebSocket: %s', async (_what, token, reason) => {
    expect(await ask('websocket', gateway.url, await token(), QUERY)).toEqual({ errors: [{ message: 'closed', extensions: { code: `CLOSED_${closeCodeFor(reason)}` } }] });
  });
});

interface Line {
  msg: string;
  level: number;
  reason?: string;
  address?: string;
  user?: string | null;
  outcome?: string;
  transport?: string;
}

/** What the gateway logged about sign-ins from that address; waits until there are so many lines. */
async function linesFrom(address: string, count: number): Promise<Line[]> {
  const lines = (): Line[] => gateway.output().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line).filter((line) => line.address === address);
  await expect.poll(() => lines().length).toBeGreaterThanOrEqual(count);
  return lines();
}

async function overSocket(address: string, bearer: string): Promise<void> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers: { 'x-forwarded-for': address } });
  const closed = once(socket, 'close');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${bearer}` } }));
  expect([4401, 4403]).toContain((await closed)[0]);
}

async function overHttp(address: string, bearer: string, accept = 'application/json'): Promise<void> {
  const headers = { 'content-type': 'application/json', accept, authorization: `Bearer ${bearer}`, 'x-forwarded-for': address };
  expect((await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(QUERY) })).status).toBe(401);
}

describe('the log tells why a sign-in failed, from where and of whom', () => {
  it.each(BAD.map(([what, token, reason], at) => [what, token, reason, `192.0.2.${at + 1}`] as const))('%s', async (_what, token, reason, address) => {
    const bearer = await token();
    await overHttp(address, bearer);
    await overHttp(address, bearer, 'text/event-stream');
    await overSocket(address, bearer);
    const lines = await linesFrom(address, 3);
    expect(lines.map((line) => [line.msg, line.level, line.transport])).toEqual(['http', 'sse', 'websocket'].map((transport) => ['A sign-in failed.', 30, transport]));
    for (const line of lines) expect(`${line.reason}${typeof line.user === 'string' ? ` (${line.user})` : ''}`).toBe(reason);
    expect(gateway.output()).not.toContain(bearer);
  });

  it('in fields of a bounded length, whatever the name is', async () => {
    const name = `a\n{"msg":"forged"} ${'x'.repeat(170)}`;
    await overHttp('192.0.2.100', await signed({ sub: name }));
    expect(await linesFrom('192.0.2.100', 1)).toMatchObject([{ msg: 'A sign-in failed.', user: name, reason: 'unknown user' }]);
    await overHttp('192.0.2.101', await signed({ sub: 'x'.repeat(1000) }));
    expect(await linesFrom('192.0.2.101', 1)).toMatchObject([{ reason: 'no username' }]);
    await overHttp('y'.repeat(1000), 'nonsense');
    expect(await linesFrom(`${'y'.repeat(64)}…`, 1)).toHaveLength(1);
  });

  it('at most ten times a minute for one address, and counts each in the metrics', async () => {
    const count = async (): Promise<number> => Number(/^gateway_sign_ins_total\{outcome="MALFORMED"\} (\d+)$/m.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1]);
    const before = await count();
    await Promise.all(Array.from({ length: 50 }, async (_one, at) => overHttp(`2001:db8::${at.toString(16)}`, 'nonsense')));
    expect(await count()).toBe(before + 50);
    const lines = gateway.output().split('\n').filter((line) => line.includes('"2001:db8::'));
    expect(lines).toHaveLength(10);
  });
});
