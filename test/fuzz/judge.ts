import type { FuzzCase } from './cases.js';
import type { Received } from './send.js';

const SLOW_MS = 3000;
/** Of WebSockets: normal, protocol errors, and those of graphql-transport-ws that blame the client. */
const CLOSE_CODES = new Set([1000, 1002, 1003, 1005, 1007, 1009, 4400, 4401, 4403, 4406, 4408, 4409, 4429]);

const LEAKS = [
  /node_modules/, /\bat [\w.<>#]+ \(/, /file:\/\/\//, /\/dist\/|\/src\//, /Did you mean/i, /SQLITE_|SqliteError|sqlite3/i, /kysely|mikro-?orm|graphql-js|fastify|undici/i,
  /\bselect\b.{1,200}\bfrom\b/i, /violates \w+ constraint|syntax error at or near|relation ".*" does not exist|invalid byte sequence/i,
  /\bE(CONN\w+|NOENT|ACCES|PIPE|HOSTUNREACH|TIMEDOUT)\b/, /Cannot read propert|is not a function|is not iterable|undefined is not/, /Duplicate entry|deadlock detected/i,
];

interface ShownError {
  message?: unknown;
  extensions?: { code?: unknown };
}

function errorFaults(errors: unknown): string[] {
  if (!Array.isArray(errors) || errors.length === 0) return ['errors is no list, or an empty one'];
  return (errors as ShownError[]).flatMap(({ message, extensions }) => {
    const code = extensions?.code;
    if (typeof message !== 'string' || message === '') return ['an error has no message'];
    if (typeof code !== 'string' || !/^[A-Z][A-Z_]+$/.test(code)) return [`an error has no code: ${message}`];
    return code === 'INTERNAL_SERVER_ERROR' || code === 'NOT_IMPLEMENTED' ? [`${code}: ${message}`] : [];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function resultFaults(text: string): string[] {
  const value = parsed(text) as { errors?: unknown; data?: unknown } | undefined;
  if (typeof value !== 'object' || value === null) return ['the body is no JSON object'];
  return 'errors' in value ? errorFaults(value.errors) : [];
}

function messageFaults(text: string): string[] {
  const message = parsed(text) as { type?: string; payload?: { errors?: unknown } } | undefined;
  if (message === undefined) return ['a message is no JSON'];
  if (message.type === 'error') return errorFaults(message.payload);
  return message.type === 'next' && message.payload?.errors !== undefined ? errorFaults(message.payload.errors) : [];
}

function streamFaults(text: string): string[] {
  const events = text.split(/\r?\n\r?\n/).map((event) => (/^data:(.*)$/m.exec(event)?.[1] ?? '').trim()).filter((data) => data !== '');
  return events.flatMap(resultFaults);
}

function httpFaults(sent: FuzzCase, { status, type, texts: [text = ''] }: Received): string[] {
  // Bytes that are no request at all may be answered by hanging up.
  if (status === null) return sent.way === 'socket' && text === '' ? [] : ['there is no status'];
  // Without an image server, its routes have nothing to serve and says so.
  if (status >= 500 && !(status === 503 && (isImgapi(text) || isHead(sent)))) return [`status ${status}`];
  if (type.startsWith('text/event-stream')) return streamFaults(text);
  // A page for people says so in words.
  if (status === 404 && type.startsWith('text/plain')) return [];
  const isGraphql = status >= 400 || /graphql-response\+json/.test(type);
  return isGraphql && type !== '' && text !== '' && !isImgapi(text) ? resultFaults(text) : [];
}

/** Its answer has no body to tell by. */
function isHead(sent: FuzzCase): boolean {
  return sent.way === 'socket' && sent.bytes.startsWith('HEAD /imgapi/');
}

/** The image server has errors of its own protocol: a code and a message. */
function isImgapi(text: string): boolean {
  const value = parsed(text) as { code?: unknown; message?: unknown } | undefined;
  return typeof value?.code === 'string' && typeof value.message === 'string';
}

/** What is wrong with an answer; nothing, if all is well. */
export function faults(sent: FuzzCase, received: Received): string[] {
  const found = received.texts.flatMap((text) => LEAKS.filter((leak) => leak.test(text)).map((leak) => `a leak: ${leak.exec(text)?.[0]}`));
  if (received.ms > SLOW_MS && !received.isCut) found.push(`slow: ${Math.round(received.ms)} ms`);
  if (received.isCut && sent.way !== 'http') found.push('there is no end to it');
  if (sent.way !== 'websocket') return [...found, ...httpFaults(sent, received)];
  if (!CLOSE_CODES.has(received.status ?? 0)) found.push(`close code ${received.status}`);
  return [...found, ...received.texts.flatMap(messageFaults)];
}
