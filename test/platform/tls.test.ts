import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { GuardedFetch } from '../../src/platform/fetch/fetch.js';
import { startTlsServer, type Certificate } from '../support/tls-server.js';

const fetch = new GuardedFetch({ allow: ['localhost'] });
afterAll(() => fetch.close());

async function messageOf(url: string): Promise<string> {
  return fetch.get(url).then(() => 'answered', (error: Error) => error.message);
}

describe('an error of TLS', () => {
  it.each([
    ['self-signed', /the TLS certificate is self-signed, so it is not trusted; start the gateway with NODE_EXTRA_CA_CERTS=FILE/],
    ['localhost', /its authority is not known here.*NODE_EXTRA_CA_CERTS=FILE, a PEM file of the authority's certificate/],
  ] as const)('says what to do about a certificate: %s', async (certificate: Certificate, wanted) => {
    const server = await startTlsServer(certificate, (_request, response) => response.end());
    const message = await messageOf(`${server.url}/x?token=s3cret`);
    await server.close();
    expect(message).toMatch(wanted);
    expect(message).toMatch(/^https:\/\/localhost:\d+\/x: /);
    expect(message).not.toMatch(/s3cret|openssl|127\.0\.0\.1/i);
  });

  it('says what may help when the other side closes the connection at once', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => undefined).once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await messageOf(`http://localhost:${port}/`)).toContain('the connection was closed without an answer; if this port speaks TLS, use https:// in the URL');
    expect(await messageOf(`https://localhost:${port}/`)).toContain('the connection was closed during the TLS handshake; if this port speaks plain HTTP, use http:// in the URL');
    server.close();
  });

  it('says that a port speaks plain HTTP', async () => {
    const server = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const message = await messageOf(`https://localhost:${(server.address() as AddressInfo).port}/`);
    server.close();
    expect(message).toContain('this port speaks plain HTTP, or no TLS at all; use http:// in the URL');
  });
});
