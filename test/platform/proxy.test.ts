import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchKeysWith } from '../../src/access/sign-in/fetch-keys.js';
import { GuardedFetch, hostKey } from '../../src/platform/fetch/fetch.js';
import { NO_PROXIES, proxyFor, type ProxySettings } from '../../src/platform/fetch/proxy-settings.js';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.js';
import { startTlsServer } from '../support/tls-server.js';

const toStop: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  await Promise.all(toStop.splice(0).map((stop) => stop()));
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toStop.push(() => (server.closeAllConnections(), server.close(), undefined));
  return (server.address() as AddressInfo).port;
}

async function proxyOf(userAndPassword?: string): Promise<ConnectProxy> {
  const proxy = await startConnectProxy(userAndPassword);
  toStop.push(() => proxy.close());
  return proxy;
}

function fetchThrough(proxies: Partial<ProxySettings>, allow: string[] = []): GuardedFetch {
  const fetch = new GuardedFetch({ allow, proxies: { ...NO_PROXIES, ...proxies } });
  toStop.push(() => fetch.close());
  return fetch;
}

const messageOf = async (asked: Promise<unknown>): Promise<string> => asked.then(() => 'answered', (error: Error) => error.message);

describe('a request through a proxy', () => {
  it('goes to the checked address, with the name of the host in it', async () => {
    const port = await serve((request, response) => response.end(`${request.headers.host} ${request.headers['proxy-authorization']}`));
    const proxy = await proxyOf('me:p@ss:word');
    const fetch = fetchThrough({ http: `http://me:p%40ss:word@127.0.0.1:${proxy.port}/` }, ['127.0.0.0/8', '::1']);
    const { body } = await fetch.get(`http://localhost:${port}/`);
    expect(await text(body)).toBe(`localhost:${port} undefined`);
    expect(proxy.requests.map(({ target }) => target)).toEqual([`127.0.0.1:${port}`]);
  });

  it('asks for a host without a check by its name, which this machine need not know', async () => {
    const port = await serve((_request, response) => response.end('ok'));
    const proxy = await proxyOf();
    proxy.redirectTo = port;
    const url = 'http://images.only-the-proxy-knows.invalid/';
    const { body } = await fetchThrough({ http: proxy.url }).get(url, { trustedHosts: new Set([hostKey(url)]) });
    expect([await text(body), proxy.requests[0]?.target]).toEqual(['ok', 'images.only-the-proxy-knows.invalid:80']);
  });

  it('keeps TLS between the gateway and the server', async () => {
    const server = await startTlsServer('self-signed', (_request, response) => response.end('ok'));
    toStop.push(server.close);
    const proxy = await proxyOf();
    const asked = fetchThrough({ https: proxy.url }, ['127.0.0.0/8', '::1']).get(server.url);
    expect(await messageOf(asked)).toContain('self-signed');
    expect(proxy.requests.map(({ target }) => target)).toEqual([`127.0.0.1:${server.port}`]);
  });

  it('uses a connection again, and the proxy of the scheme only', async () => {
    const port = await serve((_request, response) => response.end('ok'));
    const [http, https] = [await proxyOf(), await proxyOf()];
    const fetch = fetchThrough({ http: http.url, https: https.url }, ['127.0.0.1']);
    for (let at = 0; at < 6; at += 1) await text((await fetch.get(`http://127.0.0.1:${port}/`)).body);
    expect([http.requests.length < 4, https.requests.length]).toEqual([true, 0]);
  });

  it('is still refused for an address that is not public, after a redirect too', async () => {
    const port = await serve((_request, response) => response.writeHead(302, { location: 'http://localhost:1/' }).end());
    const proxy = await proxyOf();
    const fetch = fetchThrough({ http: proxy.url });
    const url = `http://127.0.0.1:${port}/`;
    await expect(fetch.get(url)).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED' });
    await expect(fetch.get(`http://localhost:${port}/`)).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED' });
    expect(proxy.requests).toEqual([]);
    await expect(fetch.get(url, { trustedHosts: new Set([hostKey(url)]) })).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED', message: expect.stringContaining('localhost:1') });
    expect(proxy.requests.length).toBe(1);
  });

  it('fetches key sets too', async () => {
    const port = await serve((_request, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('{"keys":[]}')));
    const proxy = await proxyOf();
    const answer = await fetchKeysWith(fetchThrough({ http: proxy.url }))(`http://localhost:${port}/keys`, { headers: new Headers(), method: 'GET', redirect: 'manual', signal: AbortSignal.timeout(10_000) });
    expect([await answer.json(), proxy.requests.map(({ target }) => target)]).toEqual([{ keys: [] }, [`localhost:${port}`]]);
  });

  it('says that a host must be resolved here unless it is allowed', async () => {
    const proxy = await proxyOf();
    expect(await messageOf(fetchThrough({ http: proxy.url }).get('http://nowhere.invalid/'))).toMatch(/cannot be resolved on this machine, although HTTP_PROXY is set: .*FETCH_ALLOW/);
    expect(proxy.requests).toEqual([]);
  });
});

describe('a proxy that fails', () => {
  it('is named with its setting and without its password when it is down', async () => {
    const proxy = await startConnectProxy();
    await proxy.close();
    const message = await messageOf(fetchThrough({ https: `http://me:s3cret@127.0.0.1:${proxy.port}/` }, ['127.0.0.1']).get('https://127.0.0.1:1/x?token=s3cret'));
    expect(message).toBe(`https://127.0.0.1:1/x: the proxy of HTTPS_PROXY (http://127.0.0.1:${proxy.port}) cannot be reached: nothing listens there (connection refused).`);
  });

  it('says what to do when it asks for a password, does not accept it, or refuses', async () => {
    const proxy = await proxyOf('me:right');
    const ask = async (user: string): Promise<string> => messageOf(fetchThrough({ http: `http://${user}127.0.0.1:${proxy.port}/` }, ['127.0.0.1']).get('http://127.0.0.1:1/'));
    expect(await ask('')).toContain('asks for a user and a password (status 407); write them before the host in HTTP_PROXY');
    expect(await ask('me:wrong@')).toMatch(/does not accept the user and password of that setting \(status 407\)/);
    proxy.refuseWith = 403;
    expect(await ask('me:right@')).toMatch(/refused the connection to port 1 with status 403; it must allow CONNECT/);
  });
});

describe('NO_PROXY', () => {
  const isDirect = (url: string, ...noProxy: string[]): boolean => {
    const { protocol, hostname, port } = new URL(url);
    return proxyFor({ protocol, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80) }, { https: null, http: 'http://p:1', noProxy }) === null;
  };

  it.each([
    ['http://images.lan/', 'images.lan'], ['http://a.images.lan/', 'images.lan'], ['http://images.lan/', '.images.lan'], ['http://a.images.lan/', '*.images.lan'],
    ['http://IMAGES.lan./', 'images.lan'], ['http://images.lan:8080/', 'images.lan:8080'], ['http://10.1.2.3/', '10.0.0.0/8'], ['http://10.1.2.3/', '10.1.2.3'],
    ['http://[fd00::1]/', 'fd00::/8'], ['http://[fd00::1]/', 'fd00::1'], ['http://[fd00::1]:81/', '[fd00::1]:81'], ['http://anything/', '*'],
  ])('excepts %s by %s', (url, entry) => {
    expect(isDirect(url, 'elsewhere', entry)).toBe(true);
  });

  it.each([
    ['http://images.lan/', '*.images.lan'], ['http://myimages.lan/', 'images.lan'], ['http://images.lan:8080/', 'images.lan:80'], ['http://11.1.2.3/', '10.0.0.0/8'],
    ['http://10.example/', '10.0.0.0/8'], ['http://1.10.1.2.3.example/', '10.1.2.3'],
  ])('does not except %s by %s', (url, entry) => {
    expect(isDirect(url, entry)).toBe(false);
  });

  it('leads past a proxy that is down', async () => {
    const port = await serve((_request, response) => response.end('ok'));
    const fetch = fetchThrough({ http: 'http://127.0.0.1:1/', noProxy: ['127.0.0.1'] }, ['127.0.0.1']);
    expect(await text((await fetch.get(`http://127.0.0.1:${port}/`)).body)).toBe('ok');
  });
});
