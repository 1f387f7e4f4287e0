import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PersonaWorld, startPersonas } from '../access/personas.js';
import type { World } from '../support/world.js';
import { withCompiledOperations } from '../support/gateway.js';

withCompiledOperations();

let world: World;
let clients: PersonaWorld['clients'];

const QUERY = 'query ($name: String!) { image(name: $name) { name alias } }';
const BODY = JSON.stringify({ query: QUERY, variables: { name: 'public' } });

beforeAll(async () => {
  ({ world, clients } = await startPersonas());
  for (let time = 0; time < 4; time += 1) await clients.D.send(QUERY, { name: 'public' });
  for (let time = 0; time < 4; time += 1) await (await post(BODY)).text();
});
afterAll(async () => world?.close());

async function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  const all = { 'content-type': 'application/json', authorization: `Bearer ${clients.D.key}`, ...headers };
  return fetch(`${world.gateway.url}/graphql`, { method: 'POST', headers: all, body });
}

/** Sends the body in these pieces, with a pause between them. */
async function inPieces(pieces: readonly string[], headers: Record<string, string | number>): Promise<{ status: number | undefined; text: string }> {
  const { hostname, port } = new URL(world.gateway.url);
  const all = { 'content-type': 'application/json', accept: '*/*', authorization: `Bearer ${clients.D.key}`, ...headers };
  const sent = httpRequest({ hostname, port, path: '/graphql', method: 'POST', headers: all });
  const response = new Promise<IncomingMessage>((resolve, reject) => sent.once('response', resolve).once('error', reject));
  for (const piece of pieces) {
    sent.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  sent.end();
  const answer = await response;
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return { status: answer.statusCode, text };
}

/** What is left of the budget depends on the moment. */
function withoutBudget(text: string): string {
  return text.replace(/"available":\d+|"fullInSeconds":\d+/g, '');
}

describe('a query that is known', () => {
  it('keeps the request id that it brings, and gets one otherwise', async () => {
    const named = await post(BODY, { 'x-request-id': 'mine-1' });
    expect([named.status, named.headers.get('x-request-id')]).toEqual([200, 'mine-1']);
    const unnamed = await post(BODY, { 'x-request-id': 'not a good one' });
    expect(unnamed.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is answered the same in one piece, in several, and in chunks without a length', async () => {
    const expected = withoutBudget(await (await post(BODY)).text());
    const half = Math.floor(BODY.length / 2);
    const pieces = [BODY.slice(0, half), BODY.slice(half)];
    const lengths: Record<string, string | number>[] = [{ 'content-length': BODY.length }, { 'transfer-encoding': 'chunked' }];
    for (const headers of lengths) {
      const { status, text } = await inPieces(pieces, headers);
      expect([status, withoutBudget(text)]).toEqual([200, expected]);
    }
  });

  it('is answered at once to one who is known, and refused without a token, with the body read once only', async () => {
    const refused = await post(BODY, { authorization: 'Bearer nothing' });
    expect(refused.status).toBe(401);
    expect(((await refused.json()) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('has variables refused in the same words as at first', async () => {
    const wrong = { query: QUERY, variables: { name: 7 } };
    const known = (await (await post(JSON.stringify(wrong))).json()) as { errors: { message: string }[] };
    const fresh = (await (await post(JSON.stringify({ ...wrong, query: `${QUERY} # fresh` }))).json()) as { errors: { message: string }[] };
    expect(known.errors[0]?.message).toBe(fresh.errors[0]?.message);
  });
});

describe('what is no plain query goes on to the server behind, its body with it', () => {
  it.each([
    ['no JSON', '{"query":', 400],
    ['an empty body', '', 400],
    ['a prototype', `{"query":${JSON.stringify(QUERY)},"variables":{"name":"public"},"__proto__":{"x":1}}`, 400],
    ['a list of requests', `[${BODY}]`, 400],
    ['a query that nobody asked before', JSON.stringify({ query: '{ viewer { user { username } } } # new' }), 200],
    ['a text that is not ASCII', JSON.stringify({ query: QUERY, variables: { name: 'ünknöwn 漢 😀' } }), 200],
    ['one that is too large', JSON.stringify({ query: QUERY, variables: { name: 'x'.repeat(1024 * 1024) } }), 413],
    ['a larger one', JSON.stringify({ query: QUERY, variables: { name: 'public', other: 'x'.repeat(70_000) } }), 200],
  ])('%s', async (_name, body, status) => {
    expect((await post(body)).status).toBe(status);
  });

  it('a host that is none', async () => {
    const { status } = await inPieces([BODY], { 'content-length': BODY.length, host: 'not a host' });
    expect(status).toBe(400);
  });
});

describe('callers that go away', () => {
  it('half-way through a body cost nobody anything', async () => {
    const { hostname, port } = new URL(world.gateway.url);
    for (let time = 0; time < 5; time += 1) {
      const socket = connect(Number(port), hostname);
      const head = `POST /graphql HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nAccept: */*\r\nContent-Length: ${BODY.length}\r\n\r\n`;
      await new Promise<void>((resolve) => socket.write(head + BODY.slice(0, 20), () => resolve()));
      socket.destroy();
    }
    expect((await post(BODY)).status).toBe(200);
  });
});
