import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { migrate, openDatabase } from '../../src/platform/database/database.js';
import { createPostgresClient } from '../../src/platform/database/postgres/postgres-connections.js';
import { parsePostgresUrl } from '../../src/platform/database/postgres/postgres-url.js';
import { reachPostgres } from '../../src/platform/database/postgres/reach-postgres.js';
import { hasOpenssl, makeAuthority, makeCertificate } from '../support/certificates.js';
import { GatewayProcess, TestClient } from '../support/gateway.js';
import { follow } from '../support/follow.js';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import { ask } from '../support/transports.js';
import { freezableProxy } from '../support/unwilling-servers.js';

const HBA = `
local   all all                    trust
hostssl all certified 127.0.0.1/32 cert
hostssl all all       127.0.0.1/32 password
`;

const isPossible = await hasOpenssl();
let files: TemporaryFolder;
let server: OwnPostgres;
/** Of admin, once the first gateway has started. */
let key: string | null = null;

beforeAll(async () => {
  if (!isPossible) return;
  files = await temporaryFolder();
  for (const name of ['ours', 'theirs']) await makeAuthority(files.path, name);
  await makeCertificate(files.path, 'ours', { name: 'certified' });
  await makeCertificate(files.path, 'theirs', { name: 'stranger' });
  server = await startOwnPostgres({
    hba: HBA,
    settings: (keys) => ['ssl=on', `ssl_cert_file=${keys}/server.pem`, `ssl_key_file=${keys}/server.key`, `ssl_ca_file=${keys}/ours.pem`],
    prepare: async (keys) => {
      await makeCertificate(files.path, 'ours', { name: 'server', hosts: 'DNS:localhost' });
      for (const file of ['server.pem', 'server.key']) await rename(join(files.path, file), join(keys, file));
      await copyFile(join(files.path, 'ours.pem'), join(keys, 'ours.pem'));
    },
  });
  const admin = createPostgresClient(socketUrl());
  await admin.connect();
  await admin.query('create role certified login');
  await admin.end();
});
afterAll(async () => {
  await server?.remove();
  await files?.remove();
});

const withOpenssl = ({ skip }: TestContext): void => skip(!isPossible, 'openssl is not installed here');
const socketUrl = (): string => `postgres://postgres@/postgres?host=${server.socketFolder}&port=${server.port}`;
const tlsUrl = (parameters: string, { user = 'postgres:password', host = 'localhost' } = {}): string =>
  `postgres://${user}@${host}:${server.port}/postgres?${parameters.replace(/(?<=sslrootcert=|sslcert=|sslkey=)(?!system)/g, `${files.path}/`)}`;

const FULL = 'sslmode=verify-full&sslrootcert=ours.pem';
const CLIENT = 'sslcert=certified.pem&sslkey=certified.key';

describe('a Postgres that takes TLS only', () => {
  beforeEach(withOpenssl);

  it.each([
    ['require', 'sslmode=require', {}],
    ['require with an authority', 'sslmode=require&sslrootcert=ours.pem', {}],
    ['verify-ca, also for another host name', 'sslmode=verify-ca&sslrootcert=ours.pem', { host: '127.0.0.1' }],
    ['verify-full', FULL, {}],
    ['a client certificate', `${FULL}&${CLIENT}`, { user: 'certified' }],
  ])('is reached with %s', async (_mode, parameters, where) => {
    expect(await reachPostgres({ url: tlsUrl(parameters, where) })).toEqual({ isPooled: false, isDirect: true });
  });

  it.each<[fault: string, parameters: string, where: { user?: string; host?: string }, told: RegExp]>([
    ['without TLS', '', {}, /: Postgres refuses this user without TLS \(see pg_hba\.conf\); add sslmode=verify-full, or sslmode=require, to the URL\.$/],
    ['with sslmode=disable', 'sslmode=disable', {}, /refuses this user without TLS/],
    ['under a wrong host name', FULL, { host: '127.0.0.1' }, /: the certificate of the server is for another host name; name the host that the certificate is for, or set sslmode=verify-ca\.$/],
    ['with a wrong authority', 'sslmode=verify-full&sslrootcert=theirs.pem', {}, /: the certificate of the server comes from an authority that is not trusted here; name its authority with sslrootcert\.$/],
    ['with a wrong authority and verify-ca', 'sslmode=verify-ca&sslrootcert=theirs.pem', {}, /authority that is not trusted here/],
    ['with a wrong authority and require', 'sslmode=require&sslrootcert=theirs.pem', {}, /authority that is not trusted here/],
    ['with public authorities', 'sslmode=verify-full', {}, /authority that is not trusted here/],
    ['with system authorities and require', 'sslmode=require&sslrootcert=system', {}, /authority that is not trusted here/],
    ['without the client certificate', FULL, { user: 'certified' }, /: Postgres asks for a valid client certificate; name it with sslcert and sslkey\.$/],
    ['with the client certificate of a stranger', `${FULL}&sslcert=stranger.pem&sslkey=stranger.key`, { user: 'certified' }, /: (TLS failed|the server closed the connection|Postgres asks for a valid client certificate)/],
    ['with a key of another certificate', `${FULL}&sslcert=certified.pem&sslkey=stranger.key`, { user: 'certified' }, /: TLS failed \(.*key values mismatch/],
    ['with a wrong password', FULL, { user: 'postgres:secret-word' }, /: Postgres refuses the password, or the user does not exist\.$/],
  ])('is not reached %s', async (_fault, parameters, where, told) => {
    const fault: unknown = await reachPostgres({ url: tlsUrl(parameters, where) }).catch((error: unknown) => error);
    expect(String((fault as Error).message)).toMatch(told);
    expect(String((fault as Error).message)).toMatch(/^DATABASE_URL=postgres:\/\/[\w.]+:\d+\/postgres: [^?]*$/);
    expect(String((fault as Error).message)).not.toContain('secret-word');
  });

  it('is used by every connection of a database and of its migrations', async () => {
    const url = tlsUrl(FULL);
    const database = await openDatabase({ kind: 'postgres', url }, ENTITIES);
    try {
      await migrate(database);
      const open = await database.em.fork().getConnection().execute("select bool_and(s.ssl) as encrypted from pg_stat_ssl s join pg_stat_activity a using (pid) where a.application_name = 'image-gateway'");
      expect(open).toEqual([{ encrypted: true }]);
    } finally {
      await database.close(true);
    }
  });
});

describe('a socket of Postgres', () => {
  beforeEach(withOpenssl);

  it('is reached by its folder', async () => {
    expect(await reachPostgres({ url: socketUrl() })).toEqual({ isPooled: false, isDirect: true });
    expect(await reachPostgres({ url: `postgres://postgres@${encodeURIComponent(server.socketFolder)}:${server.port}/postgres` })).toMatchObject({ isPooled: false });
  });

  it('is named when there is none', async () => {
    await expect(reachPostgres({ url: 'postgres:///none?host=/nowhere' })).rejects.toThrow('DATABASE_URL=postgres:///none: there is no socket of Postgres in that folder; start Postgres, or correct folder and port.');
  });
});

describe('a gateway whose Postgres or image store is lost', () => {
  beforeEach(withOpenssl);

  const ready = async ({ url }: GatewayProcess): Promise<[number, object]> => {
    const response = await fetch(`${url}/readyz`);
    return [response.status, (await response.json()) as object];
  };
  const OK = [200, { status: 'ok' }];

  it('is not ready until both are back, and answers requests quickly', async () => {
    await using folder = await temporaryFolder();
    const gateway = await GatewayProcess.start(folder.path, { DATABASE_URL: tlsUrl(FULL), DATABASE_DIRECT_URL: socketUrl(), LOG_LEVEL: 'info' });
    key = gateway.firstKey;
    try {
      const admin = new TestClient(gateway.url, key);
      expect(await ready(gateway)).toEqual(OK);
      const following = await follow('websocket', gateway.url, key ?? '', 'subscription { taskChanged { action } }');
      await server.stop();
      await expect.poll(async () => ready(gateway), { timeout: 10_000 }).toEqual([503, { status: 'not ready', notReady: ['database'] }]);
      const begun = performance.now();
      for (const accept of ['application/json', 'application/graphql-response+json']) {
        const refused = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { accept, 'content-type': 'application/json', authorization: `Bearer ${key}` }, body: '{"query":"{ images { totalCount } }"}' });
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '3']);
        expect(await refused.json()).toMatchObject({ errors: [{ message: expect.stringMatching(/^The database of the gateway cannot be reached or written at present\./) as string, extensions: { code: 'DATABASE_UNAVAILABLE', retryAfter: 3 } }] });
      }
      const node = await fetch(`${gateway.url}/imgapi/images`);
      expect([node.status, node.headers.get('retry-after'), await node.json()]).toMatchObject([503, '3', { code: 'ServiceUnavailableError' }]);
      // The sign-in of a key that was not seen before asks the database. Clients of graphql-ws connect again after 1013, and never after 4500.
      expect(await ask('websocket', gateway.url, `${key?.slice(0, -1)}_`, { query: '{ images { totalCount } }' })).toMatchObject({ errors: [{ extensions: { code: 'CLOSED_1013' } }] });
      expect(performance.now() - begun).toBeLessThan(5000);
      expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
      await server.start();
      await expect.poll(async () => ready(gateway), { timeout: 10_000 }).toEqual(OK);
      expect(await admin.run('{ images { totalCount } }')).toEqual({ images: { totalCount: 0 } });
      // Streams waited for it.
      await admin.run('mutation { createDatacenter(input: { name: "afterwards" }) { name } }');
      await expect.poll(() => following.events, { timeout: 10_000 }).toEqual([{ taskChanged: { action: 'DATACENTER_CREATE' } }]);
      await following.stop();
      const lines = gateway.output().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as { level: number; msg: string; seconds?: number });
      expect(lines.filter(({ level }) => level >= 50).map(({ msg }) => msg)).toEqual(['The database is not available.']);
      expect(lines.filter(({ msg }) => msg === 'The database is available again.')).toMatchObject([{ seconds: expect.any(Number) as number, failures: expect.any(Number) as number }]);

      await rename(join(folder.path, 'images'), join(folder.path, 'away'));
      await expect.poll(async () => ready(gateway), { timeout: 10_000 }).toEqual([503, { status: 'not ready', notReady: ['store'] }]);
      await rename(join(folder.path, 'away'), join(folder.path, 'images'));
      await expect.poll(async () => ready(gateway), { timeout: 10_000 }).toEqual(OK);
    } finally {
      await gateway.stop();
    }
  });
});

describe('a gateway whose Postgres falls silent', () => {
  beforeEach(withOpenssl);

  it('answers requests in time, and works again when Postgres does', async () => {
    await using folder = await temporaryFolder();
    const proxy = await freezableProxy(server.port);
    const through = tlsUrl(`${FULL}&connect_timeout=1`).replace(`:${server.port}/`, `:${proxy.port}/`);
    const gateway = await GatewayProcess.start(folder.path, { DATABASE_URL: through, DATABASE_DIRECT_URL: socketUrl(), OPERATION_TIMEOUT: '2', STATEMENT_TIMEOUT: '3' });
    const admin = new TestClient(gateway.url, key);
    try {
      proxy.freeze();
      const begun = performance.now();
      const answers = await Promise.all(Array.from({ length: 20 }, async () => admin.send('{ viewer { datacenters { name owner { username } } } }')));
      expect(answers.every(({ errors }) => ['DATABASE_UNAVAILABLE', 'QUERY_TOO_COMPLEX'].includes(errors[0]?.extensions.code ?? 'none'))).toBe(true);
      expect(performance.now() - begun).toBeLessThan(10_000);
      proxy.thaw();
      await expect.poll(async () => admin.code('{ viewer { datacenters { name owner { username } } } }'), { timeout: 10_000 }).toBe('data');
    } finally {
      await gateway.stop();
      await proxy.close();
    }
  });
});

describe('a URL of Postgres', () => {
  const address = { port: 5432, password: undefined, tls: null, applicationName: 'image-gateway', connectTimeoutMs: 4000 };

  it.each([
    ['postgres://me:p%40ss@db/gateway', { ...address, host: 'db', database: 'gateway', user: 'me', password: 'p@ss' }],
    ['postgresql://me@[::1]:5433/my%20db?application_name=a&connect_timeout=9', { ...address, host: '::1', port: 5433, database: 'my db', user: 'me', applicationName: 'a', connectTimeoutMs: 9000 }],
    ['postgres://me@/db?host=/run/postgresql&port=5433', { ...address, host: '/run/postgresql', port: 5433, database: 'db', user: 'me' }],
    ['postgres://me@%2Frun%2Fpostgresql/db?sslmode=verify-full', { ...address, host: '/run/postgresql', database: 'db', user: 'me' }],
  ])('is read: %s', (url, expected) => {
    expect(parsePostgresUrl(url)).toEqual(expected);
  });

  it.each([
    ['postgres://db', /^accepted: postgres:/],
    ['postgres:///db', /^accepted: postgres:/],
    ['postgres://a,b/db', /no single host/],
    ['postgres://db/x?sslmode=prefer', /^sslmode=prefer would fall back to plain text without a word; accepted: disable, require, verify-ca, verify-full$/],
    ['postgres://db/x?sslmode=on', /^sslmode=on is unknown; accepted: disable/],
    ['postgres://db/x?ssl=true', /^the parameter ssl is unknown; accepted: application_name/],
    ['postgres://db/x?options=-c%20a', /^the parameter options is unknown/],
    ['postgres://db/x?sslmode=verify-ca', /sslrootcert=FILE/],
    ['postgres://db/x?sslrootcert=/a', /sslmode=require, verify-ca or verify-full/],
    ['postgres://db/x?sslmode=require&sslcert=/a', /belong together/],
    ['postgres://db/x?connect_timeout=0', /^connect_timeout=0 cannot be used; accepted: a whole number from 1 to 60$/],
    ['postgres://db/x?host=a&host=b', /given twice/],
    ['postgres://u:100%@db/x', /%25/],
  ])('is refused: %s', (url, told) => {
    expect(() => parsePostgresUrl(url)).toThrow(told);
  });
});
