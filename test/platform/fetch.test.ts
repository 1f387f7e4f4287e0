import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { FetchFailure } from '../../src/platform/fetch/fetch-failure.js';
import { GuardedFetch, hostKey } from '../../src/platform/fetch/fetch.js';

const toStop: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  await Promise.all(toStop.splice(0).map((stop) => stop()));
});

function guarded(...allow: string[]): GuardedFetch {
  const fetch = new GuardedFetch({ allow });
  toStop.push(() => fetch.close());
  return fetch;
}

async function serve(listener: RequestListener): Promise<{ url: string; port: number; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toStop.push(() => (server.closeAllConnections(), server.close(), undefined));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, server };
}

describe('GuardedFetch', () => {
  it('reads a URL of an allowed network, with lower-case headers and without compression', async () => {
    const { url } = await serve((request, response) => response.setHeader('X-Seen', String(request.headers['accept-encoding'])).end('hello'));
    const answer = await guarded('127.0.0.0/8').get(`${url}/a?b=c#d`);
    expect([answer.status, answer.headers['x-seen'], await text(answer.body), answer.url]).toEqual([200, 'identity', 'hello', `${url}/a?b=c`]);
  });

  it('reads from an allowed host name, an allowed host with port, and a trusted host', async () => {
    const { port } = await serve((_, response) => response.end('ok'));
    const local = `http://localhost:${port}/`;
    const literal = `http://127.0.0.1:${port}/`;
    const answers = await Promise.all([
      guarded('localhost').get(local),
      guarded(`127.0.0.1:${port}`).get(literal),
      guarded().get(local, { trustedHosts: new Set([hostKey(local)]) }),
      guarded('127.0.0.0/8', '::1').get(local),
    ]);
    expect(await Promise.all(answers.map(({ body }) => text(body)))).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('follows up to five redirects and says where the answer came from', async () => {
    const { url } = await serve((request, response) => {
      const hop = Number(request.url?.slice(1));
      if (hop < 5) response.writeHead(302, { location: `./${hop + 1}` }).end();
      else response.end('there');
    });
    const answer = await guarded('127.0.0.1').get(`${url}/0`);
    expect([answer.url, await text(answer.body)]).toEqual([`${url}/5`, 'there']);
  });

  it('keeps secrets from another origin when redirected', async () => {
    const target = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const { url } = await serve((_, response) => response.writeHead(307, { location: target.url }).end());
    const headers = { Authorization: 'Bearer x', Cookie: 'a=b', 'X-Api-Key': 'k', Range: 'bytes=5-' };
    const seen = JSON.parse(await text((await guarded('127.0.0.1').get(url, { headers })).body));
    expect([seen.authorization, seen.cookie, seen['x-api-key'], seen.range]).toEqual([undefined, undefined, undefined, 'bytes=5-']);
  });

  it.each([
    '127.0.0.1', '2130706433', '0x7f000001', '0177.0.0.1', '0x7f.1', '127.1', '0.0.0.0', '0', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]', '169.254.169.254', '10.0.0.1', '192.168.1.1', '[fe80::1]', '[fd00:ec2::254]', 'localhost', 'LOCALHOST', '１２７.0.0.1',
  ])('refuses http://%s without a connection', async (host) => {
    const requests: string[] = [];
    const { port } = await serve((request, response) => (requests.push(String(request.url)), response.end()));
    await expect(guarded().get(`http://${host}:${port}/`)).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED', message: expect.stringContaining('FETCH_ALLOW') });
    expect(requests).toEqual([]);
  });

  it.each(['file:///etc/passwd', 'ftp://example.org/', 'gopher://example.org/', 'data:text/plain,hi', 'no url', 'http://[fe80::1%25eth0]/', ''])('refuses %s', async (url) => {
    await expect(guarded().get(url)).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED' });
  });

  it('refuses a URL with a password and does not repeat it', async () => {
    const refusal = await guarded('127.0.0.1').get('http://me:hunter2@127.0.0.1/').catch((error: Error) => error);
    expect(refusal).toMatchObject({ code: 'URL_NOT_ALLOWED', message: expect.not.stringContaining('hunter2') });
  });

  it('refuses a redirect from a trusted host to an address inside', async () => {
    const inside = await serve((_, response) => response.end('secret'));
    const { url } = await serve((_, response) => response.writeHead(302, { location: `http://localhost:${inside.port}/` }).end());
    const wanted = { code: 'URL_NOT_ALLOWED', message: expect.stringContaining(`localhost:${inside.port}`) };
    await expect(guarded().get(url, { trustedHosts: new Set([hostKey(url)]) })).rejects.toMatchObject(wanted);
    const literal = await serve((_, response) => response.writeHead(302, { location: inside.url }).end());
    await expect(guarded().get(literal.url, { trustedHosts: new Set([hostKey(literal.url)]) })).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED' });
  });

  it('does not lend a connection made for a trusted host to anybody else', async () => {
    const { port } = await serve((_, response) => response.end('ok'));
    const url = `http://localhost:${port}/`;
    const fetch = guarded();
    await text((await fetch.get(url, { trustedHosts: new Set([hostKey(url)]) })).body);
    await expect(fetch.get(url)).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED' });
  });

  it('names a redirect in a circle and an endless chain', async () => {
    const circle = await serve((_, response) => response.writeHead(302, { location: '/' }).end());
    await expect(guarded('127.0.0.1').get(circle.url)).rejects.toThrow('circle');
    let hop = 0;
    const chain = await serve((_, response) => response.writeHead(302, { location: `/${(hop += 1)}` }).end());
    await expect(guarded('127.0.0.1').get(chain.url)).rejects.toThrow('more than 5 redirects');
    expect(hop).toBe(6);
  });
});

describe('a fault of the network', () => {
  it('is told in plain words with the URL', async () => {
    const { url, server } = await serve((_, response) => response.end());
    await new Promise((resolve) => server.close(resolve));
    const failure = await guarded('127.0.0.1').get(url).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(FetchFailure);
    expect(failure).toMatchObject({ message: expect.stringMatching(/^http:\/\/127.0.0.1:\d+\/: nothing listens there/) });
    await expect(guarded().get('http://no-such-host.invalid/')).rejects.toThrow(/host name/);
  });

  it('ends an answer that never comes and one that is not HTTP', async () => {
    const silent = await serve(() => undefined);
    await expect(guarded('127.0.0.1').get(silent.url, { headersTimeoutMs: 100 })).rejects.toThrow('no answer came in time');
    const server = createTcpServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    toStop.push(() => void server.close());
    await expect(guarded('127.0.0.1').get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).rejects.toThrow('not HTTP');
  });

  it('ends a body that stalls', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-length': '100' }).write('half'));
    const { body } = await guarded('127.0.0.1').get(url, { idleTimeoutMs: 100 });
    await expect(text(body)).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
  });

  it('an abort destroys the body and closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const { url } = await serve((request, response) => {
      request.socket.on('close', () => closed.resolve());
      response.write('half');
    });
    const abort = new AbortController();
    const { body } = await guarded('127.0.0.1').get(url, { signal: abort.signal });
    const reading = text(body);
    abort.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    await closed.promise;
    await expect(guarded('127.0.0.1').get(url, { signal: abort.signal })).rejects.toThrow('enough');
  });
});
