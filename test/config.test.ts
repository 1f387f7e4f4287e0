import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, configHelp, readConfig } from '../src/config/config.js';
import { unknownSettingsWarning } from '../src/config/unknown-settings.js';
import { temporaryFolder } from './support/temp-folder.js';

const nobody = { secrets: [], publicKeys: [], jwksUrl: null, issuer: null, audience: null, usernameClaim: 'sub', groupsClaim: null };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 4000,
      publicUrl: 'http://127.0.0.1:4000',
      dataDir: resolve('data'),
      database: { kind: 'sqlite', path: resolve('data/gateway.sqlite') },
      databaseLimits: { connections: 10, statementTimeoutMs: 30_000 },
      preparedStatements: 'auto',
      imageStore: { kind: 'file', path: resolve('data/images') },
      auth: nobody,
      provision: false,
      apiKeyMaxDays: 365,
      fetchAllow: [],
      proxies: { https: null, http: null, noProxy: [] },
      repositoryAuth: new Map(),
      imgapiTrusted: ['127.0.0.0/8', '::1/128'],
      imgapiAtRoot: false,
      run: { api: true, worker: true },
      imports: { concurrency: 4, minRate: 1024, retryForMs: 3_600_000 },
      refreshIntervalSeconds: 3600,
      graphiql: true,
      graphiqlProvider: null,
      introspection: true,
      compiledOperations: true,
      origins: [],
      trustProxy: [],
      trustedDocuments: null,
      limits: { budget: { perSecond: 100_000, burst: 500_000 }, failedSignIns: 600, cost: 100_000, socketsPerUser: 10_000, operationsPerSocket: 100, operationsPerUser: 1000, requestTimeoutMs: 30_000, operationTimeoutMs: 10_000, shutdownDelayMs: 0 },
      metricsTrusted: ['127.0.0.0/8', '::1/128'],
      traces: null,
      logLevel: 'info',
      logFormat: 'auto',
    });
  });

  it('takes an empty variable for an unset one and ignores those it does not know', () => {
    expect(readConfig({ PORT: '', RUN: '  ', PORTS: 'x' })).toEqual(readConfig({}));
  });

  it('takes every variable', () => {
    const secret = 'x'.repeat(32);
    expect(readConfig({
      HOST: '::', PORT: '0', PUBLIC_URL: 'https://images.example.com/gateway/', DATA_DIR: '/var/lib/gateway',
      DATABASE_URL: 'postgres://me:p%40ss@db:5432/gateway', DATABASE_DIRECT_URL: 'postgres://me@db/gateway?host=/run/postgresql', DATABASE_PREPARED: 'off', IMAGE_STORE: 'file:store', AUTH_JWT_SECRET: secret, AUTH_JWT_ISSUER: 'https://id.example.com',
      AUTH_JWT_AUDIENCE: 'gateway', AUTH_USERNAME_CLAIM: 'email', AUTH_GROUPS_CLAIM: 'https://id.example.com/groups', AUTH_PROVISION: 'on', API_KEY_MAX_DAYS: '30', FETCH_ALLOW: 'Images.lan, 10.0.0.0/8,fd00::1', IMGAPI_TRUSTED: '10.9.8.7,fd00::/8', PUBLIC_IMGAPI_ROOT: 'on', RUN: 'worker', REFRESH_INTERVAL: '0', IMPORT_CONCURRENCY: '2', IMPORT_MIN_RATE: '0', IMPORT_RETRY_FOR: '60',
      GRAPHIQL: 'off', AUTH_OIDC_ISSUER: 'https://id.example.com', AUTH_OIDC_CLIENT_ID: 'console', AUTH_OIDC_SCOPE: 'openid profile', AUTH_OIDC_RESOURCE: 'images', INTROSPECTION: 'off', LOG_LEVEL: 'debug', LOG_FORMAT: 'json', ALLOWED_ORIGINS: 'https://a.example, http://b.example:8080/',
      TRUST_PROXY: '10.0.0.1', TRUSTED_DOCUMENTS: 'manifest.json', FAILED_SIGN_INS: '7', COST_LIMIT: '5000', COST_PER_SECOND: '0', COST_BURST: '7000', SOCKETS_PER_USER: '10', OPERATIONS_PER_SOCKET: '5', OPERATIONS_PER_USER: '50',
      REQUEST_TIMEOUT: '5', OPERATION_TIMEOUT: '3', SHUTDOWN_DELAY: '7', STATEMENT_TIMEOUT: '60', DATABASE_POOL: '20', METRICS_TRUSTED: 'none', TRACES: 'http://collector:4318/',
      HTTPS_PROXY: 'http://me:p%40ss@proxy.lan:3128', HTTP_PROXY: 'proxy.lan:3128', NO_PROXY: 'images.lan, .Example.com *.a.example:8443,10.0.0.0/8,[::1]:80', REPOSITORY_AUTH_MY_REPO: 'me:a:b',
    })).toEqual({
      host: '::', port: 0, publicUrl: 'https://images.example.com/gateway', dataDir: '/var/lib/gateway',
      database: { kind: 'postgres', url: 'postgres://me:p%40ss@db:5432/gateway', directUrl: 'postgres://me@db/gateway?host=/run/postgresql' }, preparedStatements: 'off', databaseLimits: { connections: 20, statementTimeoutMs: 60_000 }, imageStore: { kind: 'file', path: resolve('store') },
      auth: { ...nobody, secrets: [secret], issuer: 'https://id.example.com', audience: 'gateway', usernameClaim: 'email', groupsClaim: 'https://id.example.com/groups' }, provision: true, apiKeyMaxDays: 30,
      fetchAllow: ['images.lan', '10.0.0.0/8', 'fd00::1'], imgapiTrusted: ['10.9.8.7/32', 'fd00::/8'], imgapiAtRoot: true, run: { api: false, worker: true },
      imports: { concurrency: 2, minRate: 0, retryForMs: 60_000 },
      refreshIntervalSeconds: 0, graphiql: false, graphiqlProvider: { issuer: 'https://id.example.com/', clientId: 'console', scope: 'openid profile', resource: 'images' }, introspection: false, compiledOperations: true, logLevel: 'debug', logFormat: 'json',
      origins: ['https://a.example', 'http://b.example:8080'], trustProxy: ['10.0.0.1/32'], trustedDocuments: resolve('manifest.json'),
      limits: { budget: { perSecond: 0, burst: 7000 }, failedSignIns: 7, cost: 5000, socketsPerUser: 10, operationsPerSocket: 5, operationsPerUser: 50, requestTimeoutMs: 5000, operationTimeoutMs: 3000, shutdownDelayMs: 7000 }, metricsTrusted: [], traces: 'http://collector:4318',
      proxies: { https: 'http://me:p%40ss@proxy.lan:3128/', http: 'http://proxy.lan:3128/', noProxy: ['images.lan', '.example.com', '*.a.example:8443', '10.0.0.0/8', '[::1]:80'] },
      repositoryAuth: new Map([['MY_REPO', 'me:a:b']]),
    });
  });

  it('takes the names of proxies in lower case too, and those in upper case before them', () => {
    const { proxies } = readConfig({ https_proxy: 'http://a:1', http_proxy: 'http://b:1', HTTP_PROXY: 'http://c:1', no_proxy: '*' });
    expect(proxies).toEqual({ https: 'http://a:1/', http: 'http://c:1/', noProxy: ['*'] });
  });

  it('repeats no password of a proxy or a repository', () => {
    const faults = faultsOf({ HTTPS_PROXY: 'socks5://me:s3cret@proxy:1', REPOSITORY_AUTH_A: 's3cret', 'REPOSITORY_AUTH_my-repo': 'me:s3cret' });
    expect(faults.map((fault) => fault.split(/[=:]/)[0])).toEqual(['HTTPS_PROXY', 'REPOSITORY_AUTH_A', 'REPOSITORY_AUTH_my-repo']);
    expect(faults.join(' ')).not.toContain('s3cret');
  });

  it('makes a public URL that a browser can open', () => {
    expect(readConfig({ HOST: '::1', PORT: '80' }).publicUrl).toBe('http://[::1]:80');
    expect(readConfig({ HOST: '0.0.0.0' }).publicUrl).toBe('http://localhost:4000');
  });

  it('keeps files below DATA_DIR unless told otherwise', () => {
    expect(readConfig({ DATA_DIR: '/srv/x', DATABASE_URL: 'sqlite:/fast/db' })).toMatchObject({
      database: { kind: 'sqlite', path: '/fast/db' }, imageStore: { path: '/srv/x/images' },
    });
  });

  it('takes a public key as PEM, as PEM in one line, and from a file', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'key.pem');
    await writeFile(file, rsa.publicKey);
    const forms = [rsa.publicKey, rsa.publicKey.replaceAll('\n', '\\n'), file];
    expect(forms.map((form) => readConfig({ AUTH_JWT_PUBLIC_KEY: form }).auth.publicKeys)).toEqual(forms.map(() => [rsa.publicKey]));
  });

  it('takes several secrets and several public keys', async () => {
    await using folder = await temporaryFolder();
    const [one, two] = ['a'.repeat(32), 'b'.repeat(40)];
    for (const text of [`${one},${two}`, `${one}\n${two}\n`, `${one} , ${two},`]) expect(readConfig({ AUTH_JWT_SECRET: text }).auth.secrets).toEqual([one, two]);
    expect(faultsOf({ AUTH_JWT_SECRET: `${one},short` })).toEqual([expect.stringContaining('secret 2 of 2 has only 5 bytes')]);
    expect(faultsOf({ AUTH_JWT_SECRET: Array(11).fill(one).join() })).toEqual([expect.stringContaining('11 secrets; accepted: 1 to 10')]);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
    const files = [join(folder.path, 'one.pem'), join(folder.path, 'two.pem')];
    await writeFile(files[0] ?? '', rsa.publicKey);
    await writeFile(files[1] ?? '', other.publicKey);
    const both = `${rsa.publicKey}${other.publicKey}`;
    for (const text of [both, both.replaceAll('\n', '\\n'), files.join(', ')]) expect(readConfig({ AUTH_JWT_PUBLIC_KEY: text }).auth.publicKeys).toEqual([rsa.publicKey, other.publicKey]);
    expect(faultsOf({ AUTH_JWT_PUBLIC_KEY: `${rsa.publicKey}${other.privateKey}` })).toEqual([expect.stringContaining('private key')]);
    expect(faultsOf({ AUTH_JWT_PUBLIC_KEY: rsa.publicKey.repeat(11) })).toEqual([expect.stringContaining('11 keys')]);
  });

  it.each(['iss', 'exp', 'a b', 'x'.repeat(201)])('refuses %s as the name of a claim', (name) => {
    expect(faultsOf({ AUTH_USERNAME_CLAIM: name, AUTH_GROUPS_CLAIM: name })).toHaveLength(2);
  });

  it('trusts nobody with none', () => {
    expect(readConfig({ IMGAPI_TRUSTED: 'none' }).imgapiTrusted).toEqual([]);
  });

  it('shows every setting in the help', () => {
    expect(configHelp()).toMatch(/PORT .*\[4000\]/);
  });
});

describe('a faulty configuration', () => {
  it('is refused with every fault at once', () => {
    const faults = faultsOf({ PORT: 'http', RUN: 'api,jobs', LOG_LEVEL: 'loud' });
    expect(faults).toEqual([
      'PORT=http: accepted: a whole number from 0 to 65535',
      'RUN=api,jobs: accepted: api, worker',
      'LOG_LEVEL=loud: accepted: silent, fatal, error, warn, info, debug, trace',
    ]);
  });

  it.each(['api', 'worker'])('is refused with RUN=%s on SQLite, where one process owns the file', (part) => {
    expect(faultsOf({ RUN: part })).toEqual([`RUN=${part}: with SQLite one process owns the file and does everything; accepted: api,worker, or a DATABASE_URL of Postgres`]);
    expect(faultsOf({ RUN: part, DATABASE_URL: 'postgres://me@db/gateway' })).toEqual([]);
  });

  it.each([
    ['ALLOWED_ORIGINS', 'cloud.example'], ['ALLOWED_ORIGINS', 'https://cloud.example/path'], ['TRUST_PROXY', 'proxy'], ['COST_PER_SECOND', '-1'], ['COST_BURST', '0'], ['COST_LIMIT', '0'], ['TRACES', 'collector'],
    ['HOST', 'not a host'], ['HOST', 'fe80::1%eth0'], ['PORT', '65536'], ['PORT', '-1'], ['PORT', '1e3'], ['PUBLIC_URL', 'images.example.com'],
    ['PUBLIC_URL', 'https://x/?a=1'], ['DATABASE_URL', 'mysql://x/y'], ['DATABASE_URL', 'postgres://host'], ['DATABASE_URL', 'sqlite:'],
    ['DATABASE_URL', 'sqlite://x'], ['IMAGE_STORE', '/images'], ['AUTH_JWKS_URL', 'ftp://x'], ['FETCH_ALLOW', 'http://lan'], ['FETCH_ALLOW', '10.0.0'],
    ['FETCH_ALLOW', '10.0.0.0/33'], ['IMGAPI_TRUSTED', 'lan'], ['IMGAPI_TRUSTED', '::/129'], ['RUN', ','], ['REFRESH_INTERVAL', '1.5'],
    ['REFRESH_INTERVAL', '99999999'], ['GRAPHIQL', 'true'], ['INTROSPECTION', 'ON'],
  ])('refuses %s=%s and says what would be accepted', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}=.*accepted:`));
  });

  it('reads an object storage, with the proxies that lead to it', () => {
    const read = (IMAGE_STORE: string, more = {}) => readConfig({ IMAGE_STORE, ...more }).imageStore;
    const none = { https: null, http: null, noProxy: [] };
    expect(read('s3://images')).toEqual({ kind: 's3', bucket: 'images', prefix: '', endpoint: null, region: null, pathStyle: false, redirects: false, proxies: none });
    expect(read('s3://my.images-1/prod/eu/?endpoint=http%3A%2F%2F10.0.0.1%3A9000%2F&region=eu-west-1&pathStyle=true', { IMAGE_STORE_REDIRECT: 'on', HTTPS_PROXY: 'proxy:3128' })).toEqual({
      kind: 's3', bucket: 'my.images-1', prefix: 'prod/eu/', endpoint: 'http://10.0.0.1:9000', region: 'eu-west-1', pathStyle: true, redirects: true, proxies: { ...none, https: 'http://proxy:3128/' },
    });
    expect(read('s3://images/?endpoint=https://s3.lan')).toMatchObject({ prefix: '', endpoint: 'https://s3.lan', region: 'us-east-1' });
    expect(faultsOf({ IMAGE_STORE_REDIRECT: 'on' })).toEqual([expect.stringMatching(/^IMAGE_STORE_REDIRECT=on: .* accepted: off, or an IMAGE_STORE of s3:/)]);
  });

  it.each([
    ['s3://', 'name of a bucket'], ['s3:images', 'accepted: s3://BUCKET'], ['s3://Images', 'name of a bucket'], ['s3://10.0.0.1', 'name of a bucket'], ['s3://a..b', 'name of a bucket'], ['s3://images:9000/x', 'name of a bucket'],
    ['s3://images/a//b', 'no prefix'], ['s3://images/../x', 'no prefix'], ['s3://images/a b', 'no prefix'], [`s3://images/${'x'.repeat(600)}`, 'no prefix'], ['s3://images#x', 'accepted: s3://BUCKET'],
    ['s3://images?acl=x', '"acl" is no parameter; accepted: endpoint, region, pathStyle'], ['s3://images?region=a&region=b', 'region is there twice'], ['s3://images?region=a%20b', 'region=a b; accepted:'],
    ['s3://images?pathStyle=yes', 'pathStyle=yes; accepted: true or false'], ['s3://images?endpoint=ftp://x', 'endpoint=ftp://x; accepted:'], ['s3://images?endpoint=https://x?y=1', 'endpoint=https://x?***; accepted:'],
  ])('refuses the object storage %s', (text, reason) => {
    const [fault = ''] = faultsOf({ IMAGE_STORE: text });
    expect(fault).toMatch(/^IMAGE_STORE=/);
    expect(fault.toLowerCase()).toContain('accepted:');
    expect(fault).toContain(reason);
    expect(fault.length).toBeLessThan(1000);
  });

  it.each(['s3://AKIAKEY:topsecret@images/x', 's3://images/x?endpoint=https://AKIAKEY:topsecret@s3.lan', 's3://images?secret_access_key=topsecret', 's3://AKIAKEY:top/secret@images'])('refuses credentials in %s, and does not repeat them', (text) => {
    const [fault = ''] = faultsOf({ IMAGE_STORE: text });
    expect(fault).toMatch(/^IMAGE_STORE=/);
    expect(fault).not.toMatch(/topsecret|AKIAKEY|top\/secret/);
  });

  it('allows one kind of key only', () => {
    expect(faultsOf({ AUTH_JWT_SECRET: 'x'.repeat(32), AUTH_JWKS_URL: 'https://id/keys' })).toEqual([
      'AUTH_JWT_SECRET, AUTH_JWKS_URL: only one of them may be set; accepted: the one that signs your tokens',
    ]);
  });

  it('never repeats a secret', () => {
    const faults = faultsOf({ AUTH_JWT_SECRET: 'short-secret', DATABASE_URL: 'mysql://me:p@ssw0rd@db/x', AUTH_JWT_PUBLIC_KEY: rsa.privateKey });
    expect(faults).toHaveLength(4);
    expect(faults.join()).not.toMatch(/short-secret|ssw0rd|MII/);
    expect(faults.join()).toContain('AUTH_JWT_SECRET=***: only 12 bytes; accepted: a secret of at least 32 bytes');
    expect(faults.join()).toContain('this is a private key');
  });

  it('refuses keys that are too weak or of no use', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const key of [weak, curve, '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', '/nowhere/key.pem']) {
      expect(faultsOf({ AUTH_JWT_PUBLIC_KEY: key })[0]).toMatch(/^AUTH_JWT_PUBLIC_KEY=\*\*\*: .*accepted:/);
    }
  });
});

describe('variables that look like settings', () => {
  it.each([
    ['IMAGE_STOR', 'IMAGE_STORE'], ['AUTH_JWKS', 'AUTH_JWKS_URL'], ['DATABASE_POOL_SIZE', 'DATABASE_POOL'], ['DATABSE_URL', 'DATABASE_URL'], ['LOGLEVEL', 'LOG_LEVEL'],
    ['TRUST_PROXIES', 'TRUST_PROXY'], ['JWT_SECRET', 'AUTH_JWT_SECRET'], ['DATA_DIRECTORY', 'DATA_DIR'], ['data_dir', 'DATA_DIR'], ['PUBLIC_ULR', 'PUBLIC_URL'], ['GRAPHIQ', 'GRAPHIQL'],
  ])('are named with the nearest setting, and without their value: %s', (name, nearest) => {
    const warning = unknownSettingsWarning({ [name]: 'secret-word' });
    expect(warning).toContain(`${name} (do you mean ${nearest}?)`);
    expect(warning).not.toContain('secret-word');
  });

  it('are not those of others', () => {
    const names = [
      'PATH', 'HOME', 'HOSTNAME', 'HOSTTYPE', 'LOGNAME', 'PGHOST', 'PGPORT', 'PGDATABASE', 'NODE_ENV', 'NODE_OPTIONS', 'npm_config_cache', 'npm_package_name', 'INIT_CWD', 'PWD', 'TERM', 'LANG', 'USER',
      'SSH_AUTH_SOCK', 'XAUTHORITY', 'KUBERNETES_SERVICE_HOST', 'DATABASE_SERVICE_HOST', 'DATABASE_PORT_5432_TCP_ADDR', 'IMAGE_TAG', 'POSTGRES_PASSWORD', 'GATEWAY_URL', 'GATEWAY_KEY', 'HTTPS_PROXY',
      'port', 'host', 'run', 'INVOCATION_ID', 'JOURNAL_STREAM', 'STATE_DIRECTORY', 'LOGS_DIRECTORY', 'NOTIFY_SOCKET', 'TMPDIR', 'DEBUG', 'CI', 'SHELL', 'SHLVL', 'EDITOR', 'DISPLAY', 'TZ',
    ];
    expect(unknownSettingsWarning(Object.fromEntries(names.map((name) => [name, 'x'])))).toBeNull();
  });

  it('are named 20 at most', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`AUTH_X${at}`, 'x']));
    expect(unknownSettingsWarning(many)?.match(/do you mean/g)).toHaveLength(20);
  });
});
