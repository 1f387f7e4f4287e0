import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.js';
import { makeImage } from '../support/imgapi-repository.js';
import { AUTHORITY, type Certificate, startTlsServer } from '../support/tls-server.js';
import { World } from '../support/world.js';

const IMPORT = 'mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { task { id } } }';

describe('a repository with a certificate of an own authority, behind a proxy', () => {
  const image = makeImage({ name: 'secure' });
  const servers: Partial<Record<Certificate, Awaited<ReturnType<typeof startTlsServer>>>> = {};
  let proxy: ConnectProxy;
  let world: World;

  const urlOf = (certificate: Certificate): string => servers[certificate]?.url ?? '';
  const errorOf = async (name: string): Promise<string | undefined> =>
    (await world.admin.send('mutation ($name: String!) { refreshImageRepository(name: $name) { added } }', { name })).errors[0]?.message;

  beforeAll(async () => {
    for (const certificate of ['localhost', 'other-host', 'expired'] as const) {
      servers[certificate] = await startTlsServer(certificate, ({ url = '' }, response) => response.end(url.endsWith('/file') ? image.file : JSON.stringify(url === '/images' ? [image.manifest] : image.manifest)));
    }
    proxy = await startConnectProxy('me:proxy-s3cret');
    world = await World.start({ settings: { NODE_EXTRA_CA_CERTS: AUTHORITY, HTTPS_PROXY: `http://me:proxy-s3cret@127.0.0.1:${proxy.port}`, NO_PROXY: '127.0.0.1' } });
    for (const certificate of ['localhost', 'other-host', 'expired'] as const) await world.addRepository(certificate, urlOf(certificate));
  });
  afterAll(async () => {
    await world?.close();
    await proxy?.close();
    for (const server of Object.values(servers)) await server.close();
  });

  it('is loaded, and its files are downloaded by their thread', async () => {
    await world.loadRepository('localhost');
    const { importRepositoryImage } = await world.admin.run(IMPORT, { input: { repository: 'localhost', uuid: image.manifest.uuid, datacenter: 'main' } });
    expect((await world.admin.ended(importRepositoryImage.task.id)).status).toBe('SUCCEEDED');
    const asked = proxy.requests.filter(({ target }) => target === new URL(urlOf('localhost')).host);
    // The process and the thread of the download have connections of their own.
    expect(asked.length).toBeGreaterThan(1);
  });

  it('is refused with a certificate for another host, or one that has expired', async () => {
    expect(await errorOf('other-host')).toMatch(/the TLS certificate is for another host \(other\.example\); use the name that it is for in the URL/);
    expect(await errorOf('expired')).toContain('the TLS certificate has expired; it must be renewed there');
  });

  it('cannot be reached when the proxy is down, which is named without its password', async () => {
    await proxy.close();
    const message = await errorOf('localhost');
    expect(message).toContain(`the proxy of HTTPS_PROXY (http://127.0.0.1:${proxy.port}) cannot be reached: nothing listens there`);
    expect(`${message} ${world.gateway.output()}`).not.toContain('s3cret');
  });

  it('and the other repository is reached without the proxy', async () => {
    world.offer({ name: 'direct' });
    await world.addRepository('direct');
    expect(await errorOf('direct')).toBeUndefined();
  });
});
