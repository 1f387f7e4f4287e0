import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { TokenAuth } from '../access/sign-in/token.js';
import { InvalidSetting } from './config-parsers.js';
import { repositoryAuth, settings } from './config-table.js';
import type { ProcessRoles, Setting, SettingName, SettingValues } from './config-table.js';
import type { DatabaseTarget } from '../platform/database/database.js';
import type { ProxySettings } from '../platform/fetch/proxy-settings.js';
import type { LogFormat, LogLevel } from '../platform/log.js';
import type { StoreLocation } from '../platform/store/open-store.js';

/** All settings, validated; paths are absolute. */
export interface Config {
  host: string;
  /** 0: any free port. Unless PUBLIC_URL is set, `publicUrl` then ends in `:0` until the port is known. */
  port: number;
  /** Without a trailing slash. */
  publicUrl: string;
  dataDir: string;
  database: DatabaseTarget;
  /** `auto`: unless a pooler is found. */
  preparedStatements: 'auto' | 'on' | 'off';
  databaseLimits: { connections: number; statementTimeoutMs: number };
  imageStore: StoreLocation;
  /** At most one of `secrets`, `publicKeys` (SPKI PEM) and `jwksUrl` is set; with none, a generated secret in `dataDir` signs tokens. */
  auth: TokenAuth;
  /** Whether a valid token of an unknown username creates the user. */
  provision: boolean;
  /** The longest life of an API key that a user makes for itself. */
  apiKeyMaxDays: number;
  fetchAllow: readonly string[];
  proxies: ProxySettings;
  /** `user:password` of repositories, by what follows REPOSITORY_AUTH_. */
  repositoryAuth: ReadonlyMap<string, string>;
  /** CIDRs; a single address is /32 or /128. */
  imgapiTrusted: readonly string[];
  /** Whether IMGAPI is served at the root of the gateway too. */
  imgapiAtRoot: boolean;
  run: ProcessRoles;
  /** 0: repositories are not loaded on a schedule. */
  /** Downloads of image files: how many at once, the lowest rate in bytes per second, and how long an outage of a source is survived. */
  imports: { concurrency: number; minRate: number; retryForMs: number };
  refreshIntervalSeconds: number;
  graphiql: boolean;
  /** The OpenID provider through which people sign in to GraphiQL. */
  graphiqlProvider: { issuer: string; clientId: string; scope: string; resource: string | null } | null;
  introspection: boolean;
  /** Other origins whose pages may use the API. */
  origins: readonly string[];
  /** CIDRs of trusted proxies. */
  trustProxy: readonly string[];
  /** Path of the manifest of trusted documents. */
  trustedDocuments: string | null;
  compiledOperations: boolean;
  limits: Limits;
  /** CIDRs that may read the metrics. */
  metricsTrusted: readonly string[];
  /** Base URL of the collector that gets traces. */
  traces: string | null;
  logLevel: LogLevel;
  logFormat: LogFormat;
}

/** Bounds on what each user, socket, request and operation may use. */
export interface Limits {
  /** Cost that each user may spend. */
  budget: { perSecond: number; burst: number };
  /** Failed sign-ins per address and minute; 0 is any number. */
  failedSignIns: number;
  /** Highest cost of one operation. */
  cost: number;
  socketsPerUser: number;
  operationsPerSocket: number;
  operationsPerUser: number;
  requestTimeoutMs: number;
  operationTimeoutMs: number;
  /** How long a process goes on after it was told to stop, while /readyz says so. */
  shutdownDelayMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Lists all faults of the environment, one per line, so that an operator can correct them in one go. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The environment cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Reads and validates the settings. Treats an empty variable as unset, ignores unknown ones. Throws ConfigError, which never shows secrets. */
export function readConfig(env: Environment): Config {
  const { values, auth } = readSettings(env);
  const proxies = { https: values.HTTPS_PROXY, http: values.HTTP_PROXY, noProxy: values.NO_PROXY ?? [] };
  return {
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL ?? urlOf(values.HOST, values.PORT),
    dataDir: values.DATA_DIR,
    database: databaseOf(values),
    preparedStatements: values.DATABASE_PREPARED,
    databaseLimits: { connections: values.DATABASE_POOL, statementTimeoutMs: values.STATEMENT_TIMEOUT * 1000 },
    imageStore: imageStoreOf(values, proxies),
    auth: authOf(values),
    provision: values.AUTH_PROVISION,
    apiKeyMaxDays: values.API_KEY_MAX_DAYS,
    fetchAllow: values.FETCH_ALLOW ?? [],
    proxies,
    repositoryAuth: auth,
    imgapiTrusted: values.IMGAPI_TRUSTED,
    imgapiAtRoot: values.PUBLIC_IMGAPI_ROOT,
    run: values.RUN,
    imports: { concurrency: values.IMPORT_CONCURRENCY, minRate: values.IMPORT_MIN_RATE, retryForMs: values.IMPORT_RETRY_FOR * 1000 },
    refreshIntervalSeconds: values.REFRESH_INTERVAL,
    graphiql: values.GRAPHIQL,
    graphiqlProvider: providerOf(values),
    introspection: values.INTROSPECTION,
    origins: values.ALLOWED_ORIGINS ?? [],
    trustProxy: values.TRUST_PROXY ?? [],
    trustedDocuments: values.TRUSTED_DOCUMENTS,
    compiledOperations: values.COMPILED_OPERATIONS,
    limits: limitsOf(values),
    metricsTrusted: values.METRICS_TRUSTED,
    traces: values.TRACES,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
  };
}

function databaseOf({ DATABASE_URL: database, DATABASE_DIRECT_URL: directUrl, DATA_DIR: dataDir }: SettingValues): DatabaseTarget {
  if (database?.kind === 'postgres') return { ...database, ...(directUrl !== null && { directUrl }) };
  return database ?? { kind: 'sqlite', path: join(dataDir, 'gateway.sqlite') };
}

function providerOf({ AUTH_OIDC_ISSUER: issuer, AUTH_OIDC_CLIENT_ID: clientId, AUTH_OIDC_SCOPE: scope, AUTH_OIDC_RESOURCE: resource }: SettingValues): Config['graphiqlProvider'] {
  return issuer === null || clientId === null ? null : { issuer, clientId, scope, resource };
}

function imageStoreOf({ IMAGE_STORE: store, IMAGE_STORE_REDIRECT: redirects, DATA_DIR: dataDir }: SettingValues, proxies: ProxySettings): StoreLocation {
  if (store?.kind === 's3') return { ...store, redirects, proxies };
  return store ?? { kind: 'file', path: join(dataDir, 'images') };
}

function authOf(values: SettingValues): Config['auth'] {
  return {
    secrets: values.AUTH_JWT_SECRET ?? [],
    publicKeys: values.AUTH_JWT_PUBLIC_KEY ?? [],
    jwksUrl: values.AUTH_JWKS_URL,
    issuer: values.AUTH_JWT_ISSUER,
    audience: values.AUTH_JWT_AUDIENCE,
    usernameClaim: values.AUTH_USERNAME_CLAIM,
    groupsClaim: values.AUTH_GROUPS_CLAIM,
  };
}

function limitsOf(values: SettingValues): Limits {
  return {
    failedSignIns: values.FAILED_SIGN_INS,
    cost: values.COST_LIMIT,
    budget: { perSecond: values.COST_PER_SECOND, burst: values.COST_BURST },
    socketsPerUser: values.SOCKETS_PER_USER,
    operationsPerSocket: values.OPERATIONS_PER_SOCKET,
    operationsPerUser: values.OPERATIONS_PER_USER,
    requestTimeoutMs: values.REQUEST_TIMEOUT * 1000,
    operationTimeoutMs: values.OPERATION_TIMEOUT * 1000,
    shutdownDelayMs: values.SHUTDOWN_DELAY * 1000,
  };
}

/** A setting as documentation shows it. */
export interface DescribedSetting {
  name: string;
  default: string;
  meaning: string;
}

/** Every setting, with its meaning as plain text. */
export function describedSettings(): DescribedSetting[] {
  return documentedSettings().map(([name, { defaultText, meaning }]) => ({ name, default: defaultText, meaning: withoutMarkdown(meaning) }));
}

/** The settings as text for `--help`. */
export function configHelp(): string {
  const rows = describedSettings().map(({ name, meaning, default: fallback }) => `  ${name.padEnd(20)} ${meaning} [${fallback}]`);
  return ['Settings, read from the environment [default]:', ...rows, ''].join('\n');
}

/** A text of the documentation for a terminal: without backticks, and of links the text alone. */
function withoutMarkdown(text: string): string {
  return text.replaceAll('`', '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}

/** The content of docs/configuration.md. */
export function configMarkdown(): string {
  const rows = documentedSettings().map(([name, setting]) => `| \`${name}\` | ${asCode(setting.defaultText)} | ${setting.meaning} |`);
  return [
    '# Configuration',
    '',
    'Everything is set by environment variables. An empty one counts as unset; an unknown one is ignored, and named in a warning if',
    'it looks like a setting. On a fault the process does not start: it lists every fault, with what would be accepted.',
    '',
    '| Variable | Default | Meaning |',
    '|---|---|---|',
    ...rows,
    '',
    'This page is generated: change `src/config/config-table.ts`, then run `npm run docs`.',
    '',
  ].join('\n');
}

function asCode(text: string): string {
  return /^[\w./:,]+$/.test(text) ? `\`${text}\`` : text;
}

function settingEntries(): [SettingName, Setting<unknown>][] {
  return Object.entries(settings) as [SettingName, Setting<unknown>][];
}

/** The settings as documentation shows them, with the families of settings at the end. */
function documentedSettings(): [string, Setting<unknown>][] {
  return [...settingEntries(), [`${repositoryAuth.prefix}<NAME>`, repositoryAuth.setting]];
}

function readSettings(env: Environment): { values: SettingValues; auth: ReadonlyMap<string, string> } {
  const faults: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const [name, setting] of settingEntries()) {
    const text = textOf(env, name) ?? (setting.isAlsoLowerCase === true ? textOf(env, name.toLowerCase()) : undefined);
    values[name] = readOne(name, setting, text, faults);
  }
  const auth = readRepositoryAuth(env, faults);
  const keys = (['AUTH_JWT_SECRET', 'AUTH_JWT_PUBLIC_KEY', 'AUTH_JWKS_URL'] as const).filter((name) => nonBlank(env[name]) !== undefined);
  if (keys.length > 1) faults.push(`${keys.join(', ')}: only one of them may be set; accepted: the one that signs your tokens`);
  if (faults.length === 0) faults.push(...processRoleFaults(values as SettingValues), ...directUrlFaults(values as SettingValues), ...providerFaults(values as SettingValues), ...redirectFaults(values as SettingValues));
  if (faults.length > 0) throw new ConfigError(faults);
  return { values: values as SettingValues, auth };
}

function textOf(env: Environment, name: string): string | undefined {
  return nonBlank(env[name]);
}

/** Undefined, and a fault, for a text that cannot be read. */
function readOne<T>(name: string, setting: Setting<T>, text: string | undefined, faults: string[]): T | undefined {
  try {
    return setting.read(text);
  } catch (error) {
    if (!(error instanceof InvalidSetting)) throw error;
    faults.push(`${name}=${setting.isSecret ? '***' : withoutPassword(text ?? '')}: ${error.message}`);
    return undefined;
  }
}

function readRepositoryAuth(env: Environment, faults: string[]): ReadonlyMap<string, string> {
  const { prefix, suffix, setting } = repositoryAuth;
  const read = new Map<string, string>();
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(prefix) || nonBlank(text) === undefined) continue;
    const repository = name.slice(prefix.length);
    const value = readOne(name, setting, nonBlank(text), faults);
    if (!suffix.test(repository)) faults.push(`${name}: not the name of a repository; accepted: ${prefix}NAME with the name in upper case and _ for - and .`);
    else if (typeof value === 'string') read.set(repository, value);
  }
  return read;
}

function processRoleFaults({ RUN: { api, worker }, DATABASE_URL }: SettingValues): string[] {
  if ((api && worker) || DATABASE_URL?.kind === 'postgres') return [];
  return [`RUN=${api ? 'api' : 'worker'}: with SQLite one process owns the file and does everything; accepted: api,worker, or a DATABASE_URL of Postgres`];
}

function directUrlFaults({ DATABASE_URL, DATABASE_DIRECT_URL }: SettingValues): string[] {
  if (DATABASE_DIRECT_URL === null || DATABASE_URL?.kind === 'postgres') return [];
  return ['DATABASE_DIRECT_URL: it leads to the same database as DATABASE_URL; accepted: beside a DATABASE_URL of Postgres'];
}

function providerFaults({ AUTH_OIDC_ISSUER, AUTH_OIDC_CLIENT_ID }: SettingValues): string[] {
  if ((AUTH_OIDC_ISSUER === null) === (AUTH_OIDC_CLIENT_ID === null)) return [];
  return [`${AUTH_OIDC_ISSUER === null ? 'AUTH_OIDC_CLIENT_ID' : 'AUTH_OIDC_ISSUER'}: accepted: both AUTH_OIDC_ISSUER and AUTH_OIDC_CLIENT_ID, or none of them`];
}

function redirectFaults({ IMAGE_STORE, IMAGE_STORE_REDIRECT }: SettingValues): string[] {
  if (!IMAGE_STORE_REDIRECT || IMAGE_STORE?.kind === 's3') return [];
  return ['IMAGE_STORE_REDIRECT=on: only an object storage can be redirected to; accepted: off, or an IMAGE_STORE of s3://BUCKET/PREFIX'];
}

function nonBlank(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}

// Remove all up to the last @, since an unescaped password may contain one.
function withoutPassword(text: string): string {
  return text.replace(/\/\/.*@/s, '//***@').replace(/\?(.*)$/s, '?***');
}

function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}
