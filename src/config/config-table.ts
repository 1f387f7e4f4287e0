import { resolve } from 'node:path';
import {
  anyText, baseUrl, host, hostsAndNetworks, httpUrl, integer, commaSeparated, networks, oneOf, onOff, origins, pathAfterScheme, postgresUrl, proxyExceptions, proxyUrl, InvalidSetting, s3Location, userAndPassword,
} from './config-parsers.js';
import { claimName, hmacSecrets, publicKeys } from './sign-in-parsers.js';
import type { DatabaseTarget } from '../platform/database/database.js';
import { logFormats, logLevels } from '../platform/log.js';
import type { StoreLocation } from '../platform/store/open-store.js';

/** One environment variable: how it is documented and how its text is parsed. */
export interface Setting<T> {
  /** The default as documentation shows it; it applies when the variable is unset or empty. */
  readonly defaultText: string;
  readonly meaning: string;
  /** True: messages never show its value. */
  readonly isSecret: boolean;
  /** True: the name in lower case counts too, as other tools have it; the one in upper case wins. */
  readonly isAlsoLowerCase?: true;
  readonly read: (text: string | undefined) => T;
}

/** What this process does (RUN): answer requests, run tasks, or both. */
export interface ProcessRoles { api: boolean; worker: boolean }

function withDefault<T>(fallback: string, meaning: string, parse: (text: string) => T): Setting<T> {
  return { defaultText: fallback, meaning, isSecret: false, read: (text) => parse(text ?? fallback) };
}

function optional<T>(defaultText: string, meaning: string, parse: (text: string) => T): Setting<T | null> {
  return { defaultText, meaning, isSecret: false, read: (text) => (text === undefined ? null : parse(text)) };
}

function secret<T>(setting: Setting<T>): Setting<T> {
  return { ...setting, isSecret: true };
}

function alsoInLowerCase<T>(setting: Setting<T>): Setting<T> {
  return { ...setting, isAlsoLowerCase: true };
}

function database(text: string): DatabaseTarget {
  if (text.startsWith('sqlite:')) return { kind: 'sqlite', path: pathAfterScheme('sqlite', text) };
  if (!/^postgres(ql)?:/i.test(text)) throw new InvalidSetting('accepted: sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  return { kind: 'postgres', url: postgresUrl(text) };
}

function imageStore(text: string): StoreLocation {
  if (text.startsWith('file:')) return { kind: 'file', path: pathAfterScheme('file', text) };
  if (text.startsWith('s3:')) return s3Location(text);
  throw new InvalidSetting('accepted: file:PATH or s3://BUCKET/PREFIX');
}

function processRoles(text: string): ProcessRoles {
  const names = commaSeparated(text).map((name) => oneOf(['api', 'worker'])(name));
  if (names.length === 0) throw new InvalidSetting('accepted: api, worker, or both separated by a comma');
  return { api: names.includes('api'), worker: names.includes('worker') };
}

// setTimeout takes at most 2^31 - 1 ms; with a longer interval it would fire at once, over and over.
const longestTimerSeconds = 2_147_483;

/** Every environment variable that the gateway reads, in the order of the documentation. */
export const settings = {
  HOST: withDefault('127.0.0.1', 'Address or host name to listen on.', host),
  PORT: withDefault('4000', 'Port to listen on; 0 takes any free port.', integer(0, 65_535, '')),
  PUBLIC_URL: optional('from HOST and PORT', 'URL at which clients reach the gateway: used in links, and as the host that /imgapi and /metrics accept.', baseUrl),
  DATA_DIR: withDefault('./data', 'Folder of the SQLite file, the image store and the generated secret.', (text) => resolve(text)),
  DATABASE_URL: optional(
    'sqlite:DATA_DIR/gateway.sqlite',
    '`sqlite:PATH`, `postgres://USER:PASSWORD@HOST:PORT/DATABASE` or `postgres:///DATABASE?host=/FOLDER/OF/SOCKET`; [parameters](operations.md#postgres) as `?sslmode=verify-full&sslrootcert=FILE`.', database,
  ),
  DATABASE_DIRECT_URL: optional('DATABASE_URL', 'URL of the same Postgres past a pooler, for LISTEN and migrations.', postgresUrl),
  DATABASE_PREPARED: withDefault(
    'auto', 'Whether reads on Postgres are prepared statements: `on`, `off`, or `auto`: on, unless the gateway finds a pooler at DATABASE_URL when it starts.', oneOf(['auto', 'on', 'off'] as const),
  ),
  DATABASE_POOL: withDefault('10', 'Connections to Postgres that the process may have open; at most half of them answer searches and counts.', integer(2, 1000, ' connections')),
  STATEMENT_TIMEOUT: withDefault('30', 'Seconds that one statement may take on Postgres, except in migrations, and a search or count of a task anywhere.', integer(1, 3600, ' seconds')),
  IMAGE_STORE: optional(
    'file:DATA_DIR/images', 'Where image files are stored: `file:PATH`, or [object storage](operations.md#object-storage) as `s3://BUCKET/PREFIX?endpoint=URL&region=REGION&pathStyle=true`.', imageStore,
  ),
  IMAGE_STORE_REDIRECT: withDefault(
    'off', '`on`: /imgapi answers requests for files with a redirect to the object storage, valid for five minutes; `off`: the gateway sends the bytes itself.', onOff,
  ),
  AUTH_JWT_SECRET: secret(
    optional('generated in DATA_DIR', 'Secret that signs tokens with HS256, at least 32 bytes; or several, separated by commas or line ends: the first signs, and all verify. Set at most one of AUTH_JWT_SECRET, AUTH_JWT_PUBLIC_KEY and AUTH_JWKS_URL.', hmacSecrets),
  ),
  AUTH_JWT_PUBLIC_KEY: secret(
    optional('–', 'Public key that verifies tokens, as PEM or as the path of a PEM file: RSA, EC or Ed25519. Several PEMs one after the other, or several paths separated by commas: each verifies.', publicKeys),
  ),
  AUTH_JWKS_URL: optional('–', 'URL of the JSON Web Key Set that verifies tokens.', httpUrl),
  AUTH_JWT_ISSUER: optional('–', 'Tokens must carry this `iss`.', anyText),
  AUTH_JWT_AUDIENCE: optional('–', 'Tokens must carry this `aud`.', anyText),
  AUTH_USERNAME_CLAIM: withDefault('sub', 'The claim of a token that holds the username.', claimName),
  AUTH_PROVISION: withDefault('off', '`on`: a valid token of an unknown username creates the user; `off`: it is refused.', onOff),
  AUTH_GROUPS_CLAIM: optional('–', 'The claim of a token that holds names of groups, which the user is in for as long as the token says so.', claimName),
  API_KEY_MAX_DAYS: withDefault('365', 'Longest life, in days, of an API key that users create for themselves; it does not limit SuperAdmins.', integer(1, 36_500, ' days')),
  FETCH_ALLOW: optional(
    '–', 'Hosts, addresses and CIDRs, separated by commas, that are not public and from which the gateway may fetch all the same.', hostsAndNetworks,
  ),
  HTTPS_PROXY: alsoInLowerCase(optional(
    '–', 'Proxy for https URLs of repositories, manifests, files, snapshots, key sets and the object storage: `http://USER:PASSWORD@HOST:PORT`, the user and password only if it asks for them.', proxyUrl,
  )),
  HTTP_PROXY: alsoInLowerCase(optional('–', 'Proxy for http URLs; the gateway uses CONNECT with it too.', proxyUrl)),
  NO_PROXY: alsoInLowerCase(optional(
    '–', 'Hosts, separated by commas, that are reached without a proxy: names with their subdomains, `*.example.com`, addresses and CIDRs, and `*` for every host.', proxyExceptions,
  )),
  IMGAPI_TRUSTED: withDefault(
    '127.0.0.0/8,::1/128', 'CIDRs, separated by commas, whose IMGAPI callers see every image; `none` trusts nobody.', networks,
  ),
  PUBLIC_IMGAPI_ROOT: withDefault('off', '`on`: IMGAPI is served at the root (/images, /ping), too, for nodes that cannot be given a path.', onOff),
  RUN: withDefault('api,worker', 'What this process does: `api` answers requests, `worker` runs tasks; separate both by a comma.', processRoles),
  IMPORT_CONCURRENCY: withDefault('4', 'Downloads that run at once: imports, and images that are created from snapshots. A user who has none running may run one more.', integer(1, 64, ' downloads')),
  IMPORT_MIN_RATE: withDefault(
    '1024', 'Bytes per second, measured over 60 s, below which a download counts as stalled and is tried again; 0: it counts as stalled only when nothing arrives.', integer(0, 1_000_000_000, ' bytes per second'),
  ),
  IMPORT_RETRY_FOR: withDefault('3600', 'Seconds that a download survives an outage of its source; what has arrived is kept meanwhile.', integer(0, 7 * 86_400, ' seconds')),
  REFRESH_INTERVAL: withDefault(
    '3600', 'Seconds between scheduled repository loads; 0 is off.', integer(0, longestTimerSeconds, ' seconds, 0 is off'),
  ),
  GRAPHIQL: withDefault('on', '`on` or `off`: GraphiQL at /graphiql.', onOff),
  AUTH_OIDC_ISSUER: optional('–', 'Issuer of the OpenID provider through which people sign in to GraphiQL (authorization code with PKCE). The other AUTH settings must accept its tokens.', httpUrl),
  AUTH_OIDC_CLIENT_ID: optional('–', 'Id under which GraphiQL is registered at that provider, as a public client with the redirect URI PUBLIC_URL/graphiql/.', anyText),
  AUTH_OIDC_SCOPE: withDefault('openid', 'Scopes, separated by spaces, that GraphiQL asks for.', anyText),
  AUTH_OIDC_RESOURCE: optional('–', 'The API for which GraphiQL requests a token (`resource`). Some providers issue JWTs as access tokens only if it is given.', anyText),
  INTROSPECTION: withDefault('on', '`on`: introspection for signed-in callers; `off`: for nobody.', onOff),
  ALLOWED_ORIGINS: optional('–', 'Other origins, separated by commas, whose pages may use the API, such as `https://cloud.example.com`.', origins),
  TRUST_PROXY: optional('–', 'CIDRs, separated by commas, of proxies whose X-Forwarded-For, -Host and -Proto headers are trusted.', networks),
  TRUSTED_DOCUMENTS: optional(
    '–', 'Path of a manifest (JSON that maps SHA-256 to document, as `npm run codegen` writes it): only its operations may run.', (text) => resolve(text),
  ),
  COMPILED_OPERATIONS: withDefault('on', '`on`: repeated queries run as compiled code; `off`: every operation goes through Apollo Server.', onOff),
  FAILED_SIGN_INS: withDefault(
    '600', 'Failed sign-ins per minute after which an address (IPv6: a /64) has to wait; 0: no limit.', integer(0, 1_000_000_000, ' sign-ins, 0 is any number'),
  ),
  COST_LIMIT: withDefault('100000', 'Highest cost of one operation; 1 is about 10 µs of processor time.', integer(1, 1_000_000_000, '')),
  COST_PER_SECOND: withDefault(
    '100000', 'Cost by which the budget of each user refills per second, over all transports; 0: users have no budget.', integer(0, 1_000_000_000, ', 0 is no budget'),
  ),
  COST_BURST: withDefault('500000', 'Size of a full budget: the cost that a user may spend at once.', integer(1, 1_000_000_000, '')),
  SOCKETS_PER_USER: withDefault('10000', 'WebSockets and SSE streams that one user may have open.', integer(1, 1_000_000, ' sockets')),
  OPERATIONS_PER_SOCKET: withDefault('100', 'Operations that one WebSocket may have open.', integer(1, 10_000, ' operations')),
  OPERATIONS_PER_USER: withDefault('1000', 'Operations that one user may have open over all WebSockets and SSE streams.', integer(1, 1_000_000, ' operations')),
  REQUEST_TIMEOUT: withDefault('30', 'Seconds within which a request must arrive completely.', integer(1, 3600, ' seconds')),
  OPERATION_TIMEOUT: withDefault(
    '10', 'Seconds that one operation, or one event of a subscription, may take before its searches, counts and filtered lists are stopped.', integer(1, 3600, ' seconds'),
  ),
  SHUTDOWN_DELAY: withDefault('0', 'Seconds that the process goes on as before after it was told to stop, while /readyz is 503 already: for balancers that look at it from time to time.', integer(0, 300, ' seconds')),
  METRICS_TRUSTED: withDefault('127.0.0.0/8,::1/128', 'CIDRs, separated by commas, whose callers may read /metrics; `none` is nobody.', networks),
  TRACES: optional('–', 'Base URL of an OpenTelemetry collector (OTLP over HTTP), such as http://collector:4318, that traces are sent to.', baseUrl),
  LOG_LEVEL: withDefault('info', `One of ${logLevels.join(', ')}.`, oneOf(logLevels)),
  LOG_FORMAT: withDefault('auto', '`json`: one JSON object per line; `pretty`: for people; `auto`: pretty on a terminal, JSON in a pipe or file.', oneOf(logFormats)),
};

/** Settings of which there may be any number: each variable whose name begins with the prefix. */
export const repositoryAuth = {
  prefix: 'REPOSITORY_AUTH_',
  /** What may follow the prefix: the name of a repository in upper case, with `_` for `-` and `.`. */
  suffix: /^[A-Z0-9_]{1,32}$/,
  setting: secret(
    optional('–', '`USER:PASSWORD` for the repository of that name, in upper case and with `_` for `-` and `.`: REPOSITORY_AUTH_MY_REPO for `my-repo`. It wins over a user and password in the URL of the repository.', userAndPassword),
  ),
} as const;

export type SettingName = keyof typeof settings;

export type SettingValues = { [K in SettingName]: (typeof settings)[K] extends Setting<infer T> ? T : never };
