import { userInfo } from 'node:os';
import { truncate } from '../../message-text.js';

/** `disable` is plain text; `require` encrypts; `verify-ca` also asks for a certificate of the given authority, `verify-full` for one of that host. */
const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type TlsMode = (typeof TLS_MODES)[number];

const ACCEPTED = 'accepted: postgres://USER:PASSWORD@HOST:PORT/DATABASE, or postgres:///DATABASE?host=/FOLDER/OF/SOCKET (in user and password @ is written %40, and / %2F)';
const PARAMETERS = ['application_name', 'connect_timeout', 'host', 'port', 'sslcert', 'sslkey', 'sslmode', 'sslpassword', 'sslrootcert'];
const DEFAULT_PORT = 5432;
/** Longer than a busy server takes to accept a connection. A start tries two things in this time, and has to end within 10 s. */
const CONNECT_SECONDS = 4;
const LONGEST_CONNECT_SECONDS = 60;

/** How a connection is encrypted; paths of PEM files as they are in the URL. */
export interface PostgresTls {
  mode: Exclude<TlsMode, 'disable'>;
  /** `system`: the public authorities. */
  rootCert: string | null;
  /** The certificate that the gateway shows, with its key. */
  client: { cert: string; key: string; passphrase: string | undefined } | null;
}

/** What a URL of Postgres says. */
export interface PostgresAddress {
  /** A name, an IP address, or the absolute path of a folder with a socket. */
  host: string;
  port: number;
  database: string;
  user: string;
  password: string | undefined;
  /** Null on a socket, as in libpq. */
  tls: PostgresTls | null;
  applicationName: string;
  connectTimeoutMs: number;
}

/** The text is no URL of Postgres; the message says what would be accepted, and shows no password. */
export class InvalidPostgresUrl extends Error {}

/**
 * Reads a URL of Postgres as libpq does, with its modes and files of TLS. Refuses parameters that it does not know rather than to
 * ignore them, and the modes `allow` and `prefer`, which fall back to plain text without a word.
 */
export function parsePostgresUrl(text: string): PostgresAddress {
  // The URL parser takes no user without a host, which libpq does.
  const url = URL.parse(text.replace(/^(postgres(?:ql)?:\/\/[^/?#@]*)@(?=[/?]|$)/i, '$1@socket.invalid'));
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.hash !== '') throw new InvalidPostgresUrl(ACCEPTED);
  const parameters = parametersOf(url);
  const host = hostOf(url, parameters);
  const database = decoded(url.pathname.slice(1));
  if (host === '' || database === '' || database.includes('/')) throw new InvalidPostgresUrl(ACCEPTED);
  const tls = tlsOf(parameters);
  return {
    host,
    port: number('port', url.port || parameters.get('port'), DEFAULT_PORT, 65_535),
    database,
    user: decoded(url.username) || userName(),
    password: decoded(url.password) || undefined,
    tls: host.startsWith('/') ? null : tls,
    applicationName: parameters.get('application_name') ?? 'image-gateway',
    connectTimeoutMs: 1000 * number('connect_timeout', parameters.get('connect_timeout'), CONNECT_SECONDS, LONGEST_CONNECT_SECONDS),
  };
}

function parametersOf(url: URL): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (!PARAMETERS.includes(name)) throw new InvalidPostgresUrl(`the parameter ${truncate(name)} is unknown; accepted: ${PARAMETERS.join(', ')}`);
    if (parameters.has(name)) throw new InvalidPostgresUrl(`the parameter ${name} is given twice; accepted: each once`);
    if (value !== '') parameters.set(name, value);
  }
  return parameters;
}

function hostOf(url: URL, parameters: ReadonlyMap<string, string>): string {
  const written = decoded(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const host = parameters.get('host') ?? (written === 'socket.invalid' ? '' : written);
  if (/[,\s\0]/.test(host)) throw new InvalidPostgresUrl(`the host ${truncate(host)} is no single host; ${ACCEPTED}`);
  return host;
}

function tlsOf(parameters: ReadonlyMap<string, string>): PostgresTls | null {
  const mode = modeOf(parameters.get('sslmode'));
  const [rootCert, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => parameters.get(name) ?? null);
  if (mode === 'disable') {
    if ([rootCert, cert, key].every((file) => file === null)) return null;
    throw new InvalidPostgresUrl('sslrootcert, sslcert and sslkey are for encrypted connections; accepted with them: sslmode=require, verify-ca or verify-full');
  }
  if (mode === 'verify-ca' && (rootCert ?? 'system') === 'system') {
    throw new InvalidPostgresUrl('sslmode=verify-ca needs the PEM file of an authority of your own; accepted: sslrootcert=FILE, or sslmode=verify-full');
  }
  if (cert === null && key === null) return { mode, rootCert: rootCert ?? null, client: null };
  if (!cert || !key) throw new InvalidPostgresUrl('sslcert and sslkey belong together; accepted: both, or neither');
  return { mode, rootCert: rootCert ?? null, client: { cert, key, passphrase: parameters.get('sslpassword') } };
}

function modeOf(text: string | undefined): TlsMode {
  const mode = TLS_MODES.find((one) => one === (text ?? 'disable'));
  if (mode !== undefined) return mode;
  const why = text === 'prefer' || text === 'allow' ? ' would fall back to plain text without a word' : ' is unknown';
  throw new InvalidPostgresUrl(`sslmode=${truncate(text ?? '')}${why}; accepted: ${TLS_MODES.join(', ')}`);
}

function number(name: string, text: string | undefined, fallback: number, max: number): number {
  const value = text === undefined ? fallback : /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new InvalidPostgresUrl(`${name}=${truncate(text ?? '')} cannot be used; accepted: a whole number from 1 to ${max}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidPostgresUrl(`a % is not followed by two hexadecimal digits; write the character % itself as %25; ${ACCEPTED}`);
  }
}

/** As libpq does where the URL names no user. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    throw new InvalidPostgresUrl('this process has no user name, so the URL must name the user; accepted: postgres://USER@HOST/DATABASE');
  }
}
