import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import type { Facts } from '../oracle/facts.js';
import { type Operation, writeOperation } from './operations.js';
import type { Tape } from './tape.js';
import { fuzzMaterial, ODD_TEXTS, WRONG_VALUES } from './values.js';

/** One thing that is sent, whole: printed, it can be sent again. `bytes` are latin1, so that every byte is a character. */
export type FuzzCase = { as: string | null } & (
  | { way: 'http'; method: string; path: string; headers: Record<string, string>; bytes: string | null; isStream: boolean }
  | { way: 'socket'; bytes: string }
  | { way: 'websocket'; frames: string[]; isBinary: boolean }
);

const ROOT = new URL('../../', import.meta.url);

/** What the project serves, and what federation adds to it. */
export const servedSchema = buildSchema(
  `${readFileSync(new URL('schema.graphql', ROOT), 'utf8')}
  scalar _Any
  union _Entity = Image | Datacenter | ImageRepository | User | VirtualServer | Task
  type _Service { sdl: String }
  extend type Query { _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }`,
  { assumeValidSDL: true },
);

const WHO = ['admin', 'admin', 'admin', 'user1', 'user1', 'user2', 'user3', null];
const JSON_TYPE = { 'content-type': 'application/json' };

function operation(facts: Facts, tape: Tape): Operation & { kind: 'query' | 'mutation' | 'subscription' } {
  const kind = tape.pick(['query', 'query', 'query', 'mutation', 'mutation', 'mutation', 'subscription'] as const);
  const written = writeOperation(servedSchema, kind, fuzzMaterial(facts), tape);
  return { ...written, variables: twisted(written.variables, tape), kind };
}

/** Mostly as they are; else one of another type, one missing, one too many, or one odd text deep inside. */
function twisted(variables: Record<string, unknown>, tape: Tape): Record<string, unknown> {
  const keys = Object.keys(variables);
  if (keys.length === 0 || !tape.chance(30)) return variables;
  const key = tape.pick(keys);
  const { [key]: value, ...rest } = variables;
  switch (tape.draw(4)) {
    case 0:
      return { ...variables, [key]: tape.pick(WRONG_VALUES) };
    case 1:
      return rest;
    case 2:
      return { ...variables, unasked: value, ['__proto__']: 1 };
    default:
      return typeof value === 'object' && value !== null ? { ...variables, [key]: { ...value, [tape.pick(['name', 'extra', 'dcBound'])]: tape.pick(WRONG_VALUES) } } : { ...variables, [key]: [value] };
  }
}

const SCRAPS = ['{', '}', '(', ')', '[', ']', '!', '$', '@skip(if: true)', '@include(if: $v0)', '...', '... on Image', 'fragment A on Image { ...A }', '"', '"""', '\\', '#', ':', '=', '|', '&', ',', '\u0000', '\ufeff', '\ud800', 'query', 'mutation', '__typename', '__schema { types { name } }', '$v0', '1e999', '999999999999', 'null', 'true', 'first: 2147483647', ' '.repeat(3000), 'a: '.repeat(50)];

/** Cuts, doubles and replaces pieces of a text, a few times. */
function mutated(text: string, tape: Tape): string {
  let result = text;
  for (let edits = 1 + tape.draw(4); edits > 0; edits -= 1) {
    const [from, length] = [tape.draw(result.length + 1), tape.draw(20)];
    const scrap = tape.chance(70) ? tape.pick(SCRAPS) : result.slice(from, from + length);
    result = result.slice(0, from) + scrap + result.slice(from + tape.draw(length + 1));
  }
  return result;
}

function request(facts: Facts, tape: Tape): FuzzCase {
  const as = tape.pick(WHO);
  const { kind, ...written } = operation(facts, tape);
  const sent = tape.chance(25) ? { ...written, query: mutated(written.query, tape) } : written;
  const isStream = kind === 'subscription' || tape.chance(7);
  if (tape.chance(12)) return overWebsocket(as, sent);
  const isAskedFor = isStream && !tape.chance(10);
  const accept = isAskedFor ? { accept: 'text/event-stream' } : tape.pick<Record<string, string>>([{}, {}, { accept: 'application/graphql-response+json' }, { accept: '*/*' }, { accept: 'text/html' }]);
  if (kind === 'query' && tape.chance(10)) {
    const query = new URLSearchParams({ query: sent.query, variables: JSON.stringify(sent.variables) });
    return { way: 'http', as, method: 'GET', path: `/graphql?${query.toString()}`, headers: { 'apollo-require-preflight': '1', ...accept }, bytes: null, isStream };
  }
  return { way: 'http', as, method: 'POST', path: '/graphql', headers: { ...JSON_TYPE, ...accept }, bytes: latin(JSON.stringify(sent)), isStream };
}

function latin(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const BODIES = ['', 'null', '[]', '{}', '"x"', '0', '{"query":null}', '{"query":1}', '{"query":"{viewer{user{username}}}","variables":"x"}', '{"query":"{viewer{user{username}}}","operationName":1}', '{"query":"{viewer{user{username}}}","extensions":[]}', '{"query":"{viewer{user{username}}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}', '[{"query":"{viewer{user{username}}}"}]', '{"query":"query A{viewer{user{username}}} query B{viewer{user{username}}}"}', '{"query":"{viewer{user{username}}}","variables":{"__proto__":{"x":1}}}', `{"query":"${'{a'.repeat(900)}"}`, `{"query":"{${'a:viewer{user{username}} '.repeat(300)}}"}`, '[[[[[[[[[[', `${'['.repeat(5000)}`];
const TYPES = ['application/json', 'application/json; charset=utf-8', 'application/json; charset=utf-16', 'application/graphql', 'text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'application/json;', '', 'x'];
const ODD_HEADERS: Record<string, string>[] = [{ 'content-encoding': 'gzip' }, { 'content-encoding': 'x' }, { accept: 'multipart/mixed' }, { accept: 'text/event-stream, multipart/mixed' }, { accept: ';;' }, { accept: 'a'.repeat(3000) }, { 'x-request-id': 'a b<script>' }, { authorization: 'Bearer' }, { authorization: `Bearer ${'a.'.repeat(500)}` }, { authorization: 'Basic YTpi' }, { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }, { origin: 'http://evil.example' }, { 'x-forwarded-for': '1.1.1.1' }, { 'if-none-match': '*' }, { range: 'bytes=0-' }];

function body(tape: Tape): FuzzCase {
  const bytes = tape.chance(60) ? tape.pick(BODIES) : Array.from({ length: tape.draw(60) }, () => String.fromCharCode(tape.draw(256))).join('');
  const headers = { 'content-type': tape.pick(TYPES), ...(tape.chance(50) && tape.pick(ODD_HEADERS)) };
  return { way: 'http', as: tape.pick(WHO), method: tape.pick(['POST', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH']), path: '/graphql', headers, bytes, isStream: false };
}

const PATHS = ['/graphql', '/graphql/', '/graphql?query=', '/graphql?query={__typename}&variables={', '/graphql?query=%', '/graphql?query=%00', '/%', '/%c0%ae', '//', '/imgapi/images', '/imgapi/images/x', '/imgapi/images/%00', '/imgapi/images/..%2f..%2fetc%2fpasswd/file', '/imgapi/images?limit=abc', '/imgapi/images?limit=-1&marker=x&state=maybe&public=maybe', '/imgapi/images?name=~&name=a', '/imgapi/ping?error=x', '/imgapi/ping', '/livez', '/readyz', '/graphiql', '/graphiql/../graphiql', '/favicon.ico', `/${'a'.repeat(3000)}`, '*'];
const HOSTS = ['localhost', '', '[', '127.0.0.1:99999', 'a b', 'evil.example', 'x'.repeat(300), '\u00ff'];

/** By a socket of its own, as clients of HTTP refuse to write such things. */
function rawRequest(tape: Tape): FuzzCase {
  const method = tape.pick(['GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'GRAPHQL', 'get']);
  const version = tape.pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '']);
  const headers = [`Host: ${tape.pick(HOSTS)}`, 'Connection: close', ...tape.some(['Content-Length: 5', 'Content-Length: -1', 'Content-Length: 5, 6', 'Transfer-Encoding: chunked', 'Transfer-Encoding: x', 'Upgrade: websocket', 'Content-Type: application/json', ': x', 'a b: c', 'X: \u0001', `X: ${'x'.repeat(20_000)}`, 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Version: 99', 'Expect: x', 'apollo-require-preflight: 1'], 3)];
  const text = `${method} ${tape.pick(PATHS)} ${version}\r\n${headers.join('\r\n')}\r\n\r\n${tape.pick(['', 'hello', '5\r\nhello\r\n0\r\n\r\n', 'zz\r\n'])}`;
  return { way: 'socket', as: null, bytes: tape.chance(15) ? mutated(text, tape) : text };
}

function overWebsocket(as: string | null, { query, variables }: Operation): FuzzCase {
  const subscribe = { id: '1', type: 'subscribe', payload: { query, variables } };
  return { way: 'websocket', as, frames: [INIT, JSON.stringify(subscribe)], isBinary: false };
}

/** `TOKEN` is replaced by the key of whoever sends it. */
const INIT = '{"type":"connection_init","payload":{"authorization":"Bearer TOKEN"}}';
const FRAMES = [INIT, INIT, '{"type":"connection_init"}', '{"type":"connection_init","payload":{"Authorization":"Bearer x"}}', '{"type":"connection_init","payload":[]}', '{"type":"ping"}', '{"type":"ping","payload":{"a":1}}', '{"type":"pong"}', '{"id":"1","type":"complete"}', '{"id":"2","type":"complete"}', '{"id":"1","type":"subscribe","payload":{"query":"{ viewer { user { username } } }"}}', '{"id":"1","type":"subscribe","payload":{"query":"subscription { taskChanged { id } }"}}', '{"id":"1","type":"subscribe","payload":{"query":"subscription { imageChanged(datacenter: \\"dc9\\") { name } }"}}', '{"id":"","type":"subscribe","payload":{"query":"{ __typename }"}}', '{"id":1,"type":"subscribe"}', '{"id":"3","type":"subscribe","payload":{"query":1}}', '{"id":"3","type":"subscribe","payload":{"query":"{ a"}}', '{"id":"3","type":"subscribe","payload":{"query":"query A { __typename } query B { __typename }","operationName":"C"}}', '{"id":"4","type":"subscribe","payload":{"query":"{ __typename }","variables":[]}}', '{"id":"4","type":"subscribe","payload":{"query":"query ($a: Int!) { images(first: $a) { totalCount } }","variables":{"a":"x"}}}', '{"type":"next","id":"1","payload":{}}', '{"type":"nothing"}', '{}', 'null', '[]', 'x', '', '{"type":', '\u0000', '😀'];

function websocketFrames(tape: Tape): FuzzCase {
  const frames = [...(tape.chance(70) ? [INIT] : []), ...Array.from({ length: 1 + tape.draw(5) }, () => (tape.chance(85) ? tape.pick(FRAMES) : tape.pick(ODD_TEXTS)))];
  return { way: 'websocket', as: tape.pick(WHO), frames, isBinary: tape.chance(10) };
}

export function caseOf(facts: Facts, tape: Tape): FuzzCase {
  const kind = tape.draw(100);
  if (kind < 72) return request(facts, tape);
  if (kind < 84) return body(tape);
  return kind < 92 ? rawRequest(tape) : websocketFrames(tape);
}
