import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, CallerTrust } from '../../src/platform/http/caller-trust.js';
import { openDatabase } from '../../src/platform/database/database.js';
import { ENTITIES } from '../../src/entities.js';
import { databaseOf, GatewayProcess, startFresh } from '../support/gateway.js';
import { imageFacts, insertImages } from '../support/image-rows.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

interface Answer {
  status: number;
  body: string;
  headers: Record<string, string | string[] | undefined>;
}

/** With any Host, which fetch does not send. */
function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    }).on('error', reject).end();
  });
}

describe('trust in a caller', () => {
  const caller = (socket: { remoteAddress?: string; localAddress?: string; localPort?: number }, headers: Record<string, string> = {}, ip = socket.remoteAddress): Caller =>
    ({ headers, ip, socket: { localAddress: '127.0.0.1', localPort: 4000, ...socket } }) as Caller;
  const fault = (host: string | undefined, localAddress = '127.0.0.1', options: Partial<ConstructorParameters<typeof CallerTrust>[0]> = {}): string | null =>
    new CallerTrust({ publicUrl: 'https://images.example.com/base', host: '0.0.0.0', trustProxy: [], ...options })
      .hostFault(caller({ remoteAddress: '127.0.0.1', localAddress }, host === undefined ? {} : { host }));

  it.each([
    ['images.example.com', '127.0.0.1'],
    ['images.example.com:443', '127.0.0.1'],
    ['IMAGES.Example.COM', '10.0.0.5'],
    ['images.example.com.', '10.0.0.5'],
    ['127.0.0.1:4000', '127.0.0.1'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
    ['localhost:4000', '127.0.0.1'],
    ['LOCALHOST.:4000', '127.0.0.1'],
    ['localhost:4000', '::1'],
    ['[::1]:4000', '::1'],
    ['[0:0:0:0:0:0:0:1]:4000', '::1'],
    ['10.0.0.5:4000', '::ffff:10.0.0.5'],
    ['[2001:DB8::0001]:4000', '2001:db8::1'],
    ['[fe80::1]:4000', 'fe80::1%eth0'],
  ])('takes the host %s at the address %s as its own', (host, localAddress) => {
    expect(fault(host, localAddress)).toBeNull();
  });

  it.each([
    ['evil.example.com', '127.0.0.1'],
    ['evil.example.com:4000', '127.0.0.1'],
    ['images.example.com.evil.example', '127.0.0.1'],
    ['images.example.com:4000', '127.0.0.1'],
    ['xn--images.example.com', '127.0.0.1'],
    ['127.0.0.1:9999', '127.0.0.1'],
    ['127.0.0.1:4000', '10.0.0.5'],
    ['localhost:4000', '10.0.0.5'],
    ['10.0.0.6:4000', '10.0.0.5'],
    ['0.0.0.0:4000', '10.0.0.5'],
    ['[::]:4000', '::1'],
    ['[::1:4000', '::1'],
    ['images.example.com@evil', '127.0.0.1'],
    ['', '127.0.0.1'],
    [undefined, '127.0.0.1'],
  ])('does not take the host %s at the address %s', (host, localAddress) => {
    expect(fault(host, localAddress)).toContain('images.example.com:443');
  });

  it('takes the name that it listens on, and cuts what it repeats', () => {
    expect(fault('Gateway.lan:4000', '10.0.0.5', { host: 'gateway.lan' })).toBeNull();
    expect(fault('gateway.lan', '10.0.0.5', { host: 'gateway.lan' })).toBeNull();
    expect(fault('x'.repeat(5000))?.length).toBeLessThan(400);
  });

  it('goes by X-Forwarded-Host, the last one, of a known proxy only', () => {
    const trust = new CallerTrust({ publicUrl: 'https://images.example.com', host: '127.0.0.1', trustProxy: ['10.0.0.0/24'] });
    const faultOf = (remoteAddress: string, forwarded: string, host: string) => trust.hostFault(caller({ remoteAddress }, { host, 'x-forwarded-host': forwarded }));
    expect(faultOf('10.0.0.9', 'images.example.com', 'upstream')).toBeNull();
    expect(faultOf('10.0.0.9', 'evil.example, images.example.com', 'upstream')).toBeNull();
    expect(faultOf('10.0.0.9', 'evil.example', '127.0.0.1:4000')).toContain('X-Forwarded-Host: "evil.example"');
    expect(faultOf('10.0.0.9', '', 'images.example.com')).toBeNull();
    expect(faultOf('10.0.1.9', 'images.example.com', 'upstream')).toContain('Host: "upstream"');
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via', 'x-client-ip', 'cf-connecting-ip'])('is in no network with a header %s of a stranger', (header) => {
    const trust = new CallerTrust({ publicUrl: 'http://localhost:4000', host: '127.0.0.1', trustProxy: ['10.0.0.0/24'] });
    const isTrusted = trust.inNetworks(['127.0.0.0/8', '10.0.0.0/8', '::1/128']);
    for (const remoteAddress of ['127.0.0.1', '::ffff:127.0.0.1', '::1', '10.0.1.1']) {
      expect(isTrusted(caller({ remoteAddress }))).toBe(true);
      for (const value of ['127.0.0.1', 'for=127.0.0.1', '']) expect(isTrusted(caller({ remoteAddress }, { [header]: value }))).toBe(false);
    }
  });

  it('is that of the address which a known proxy names, and none where it names none', () => {
    const isTrusted = new CallerTrust({ publicUrl: 'http://localhost:4000', host: '127.0.0.1', trustProxy: ['127.0.0.1'] }).inNetworks(['127.0.0.0/8', '10.0.0.0/8']);
    const behind = (headers: Record<string, string>, ip: string) => isTrusted(caller({ remoteAddress: '127.0.0.1' }, headers, ip));
    expect(behind({ 'x-forwarded-for': '10.1.2.3' }, '10.1.2.3')).toBe(true);
    expect(behind({ 'x-forwarded-for': '203.0.113.1' }, '203.0.113.1')).toBe(false);
    expect(behind({ forwarded: 'for=10.1.2.3' }, '127.0.0.1')).toBe(false);
    expect(behind({ 'x-forwarded-for': ' ' }, '127.0.0.1')).toBe(false);
    expect(behind({ 'x-real-ip': '203.0.113.1' }, '127.0.0.1')).toBe(false);
    expect(behind({}, '127.0.0.1')).toBe(true);
  });
});

describe('a gateway on all addresses', () => {
  let gateway: GatewayProcess;
  let folder: TemporaryFolder;
  let behindProxy: GatewayProcess | undefined;
  const port = (): string => new URL(gateway.url).port;
  const hidden = imageFacts(1);
  const shown = imageFacts(4);
  const listed = async (url: string, headers: Record<string, string> = {}): Promise<number> => (JSON.parse((await get(`${url}/imgapi/images`, headers)).body) as unknown[]).length;

  beforeAll(async () => {
    ({ gateway, folder } = await startFresh({ HOST: '0.0.0.0', PUBLIC_URL: '' }));
    const database = await openDatabase(databaseOf(folder), ENTITIES);
    await insertImages(database.em.fork(), [{ ...hidden, access: 'PRIVATE' }, { ...shown, access: 'PUBLIC' }]);
    await database.close(true);
  });
  afterAll(async () => {
    await gateway?.stop();
    await behindProxy?.stop();
    await folder?.remove();
  });

  it('trusts a caller of the loopback network', async () => {
    expect(await listed(gateway.url)).toBe(2);
    expect(await listed(`http://127.0.0.1:${port()}`)).toBe(2);
    expect((await get(`${gateway.url}/metrics`)).status).toBe(200);
    expect(JSON.parse((await get(`${gateway.url}/imgapi/ping`)).body)).toHaveProperty('pid');
  });

  it.each<Record<string, string>>([{ 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }, { via: '1.1 squid' }])('does not trust one behind a proxy that it does not know: %j', async (headers) => {
    expect(await listed(gateway.url, headers)).toBe(1);
    expect((await get(`${gateway.url}/imgapi/images/${hidden.uuid}`, headers)).status).toBe(404);
    expect((await get(`${gateway.url}/imgapi/images/${hidden.uuid}/file`, headers)).status).toBe(404);
    expect((await get(`${gateway.url}/metrics`, headers)).status).toBe(403);
    expect(JSON.parse((await get(`${gateway.url}/imgapi/ping`, headers)).body)).toEqual({ ping: 'pong', version: '1.0.0', imgapi: true });
  });

  it.each(['rebound.example', 'rebound.example:4000', '169.254.1.1', 'localhost:1'])('refuses the host %s at the image server and at the metrics', async (host) => {
    for (const path of ['/imgapi/ping', '/imgapi/images', `/imgapi/images/${shown.uuid}`, `/imgapi/images/${shown.uuid}/file`, '/imgapi/nowhere']) {
      const answer = await get(gateway.url + path, { host });
      expect([answer.status, JSON.parse(answer.body)]).toEqual([400, { code: 'InvalidHeader', message: expect.stringContaining(`Host: "${host}" is not this server`) }]);
    }
    const metrics = await get(`${gateway.url}/metrics`, { host });
    expect([metrics.status, JSON.parse(metrics.body).errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('takes each of its addresses, its name on this machine, and any case of it', async () => {
    for (const host of [`localhost:${port()}`, `LOCALHOST:${port()}`, `localhost.:${port()}`, 'localhost', `127.0.0.1:${port()}`]) {
      expect((await get(`http://127.0.0.1:${port()}/imgapi/images`, { host })).status).toBe(200);
    }
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal);
    for (const { address } of addresses) expect((await get(`http://${address}:${port()}/imgapi/ping`)).status).toBe(200);
  });

  it('believes the headers of a proxy that it knows', async () => {
    await gateway.stop();
    behindProxy = await GatewayProcess.start(folder.path, { TRUST_PROXY: '127.0.0.1', PUBLIC_URL: 'http://images.example.com', PORT: port(), HOST: '127.0.0.1' });
    const url = `http://127.0.0.1:${port()}`;
    const forwarded = { host: 'upstream', 'x-forwarded-host': 'images.example.com', 'x-forwarded-proto': 'https' };
    expect(await listed(url, { ...forwarded, 'x-forwarded-for': '127.0.0.9' })).toBe(2);
    expect(await listed(url, { ...forwarded, 'x-forwarded-for': '203.0.113.1' })).toBe(1);
    expect(await listed(url, { ...forwarded, 'x-forwarded-for': '127.0.0.9, 203.0.113.1' })).toBe(1);
    expect(await listed(url, { ...forwarded, forwarded: 'for=127.0.0.9' })).toBe(1);
    expect((await get(`${url}/imgapi/images`, { 'x-forwarded-host': 'rebound.example', 'x-forwarded-for': '127.0.0.9' })).status).toBe(400);
    expect((await get(`${url}/metrics`, { ...forwarded, 'x-forwarded-for': '203.0.113.1' })).status).toBe(403);
  });
});
