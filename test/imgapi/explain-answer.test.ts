import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ImgapiClient } from '../../src/imgapi/client.js';
import { fetchFile, fetchFilePart } from '../../src/imgapi/fetch-file.js';
import { GuardedFetch } from '../../src/platform/fetch/fetch.js';

const fetch = new GuardedFetch({ allow: ['127.0.0.1', 'localhost'] });
const client = new ImgapiClient(fetch);
const toStop: (() => void)[] = [];
afterEach(() => toStop.splice(0).forEach((stop) => stop()));

interface TestServer {
  url: string;
  asked: string[];
}

async function serve(listener: RequestListener): Promise<TestServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => (asked.push(request.url ?? ''), listener(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toStop.push(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

type Respond = (response: ServerResponse) => unknown;
type Routes = Record<string, Respond>;
const json = (value: unknown, status = 200, headers = {}) => (response: ServerResponse) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
const page = (status: number) => (response: ServerResponse) => response.writeHead(status, { 'content-type': 'text/html' }).end('<!DOCTYPE html><html><title>Welcome</title></html>');
const xml = (text: string, status: number) => (response: ServerResponse) => response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`);

/** Answers by path; `otherwise` for every other one. */
const routed = (routes: Routes, otherwise: Respond = page(404)) => async (): Promise<TestServer> => serve((request, response) => (routes[request.url?.split('?')[0] ?? ''] ?? otherwise)(response));

async function read(url: string): Promise<number> {
  const list = await client.listImages(url);
  let count = 0;
  if (!list.notModified) for await (const entries of list.entries) count += entries.length;
  return count;
}

const messageOf = async (asked: Promise<unknown>): Promise<string> => asked.then(() => 'answered', (error: Error) => error.message);
const ociErrors = { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required', detail: null }] };

describe('a repository that is no IMGAPI server', () => {
  it.each([
    ['an HTML page', routed({}, page(200)), ''],
    ['an HTML page', routed({}, page(404)), ''],
    ['a simplestreams server', routed({ '/streams/v1/index.json': json({ format: 'index:1.0', index: {} }) }), ''],
    ['a simplestreams server', routed({ '/releases/streams/v1/index.json': json({ format: 'index:1.0', index: {} }) }), '/releases'],
    ['a simplestreams server', routed({ '/streams/v1/index.json': json({ index: { 'a:b': { datatype: 'image-downloads' } }, format: 'index:1.0' }) }), '/streams/v1/index.json'],
    ['an OCI (Docker) registry', routed({ '/v2/': json({}, 200, { 'docker-distribution-api-version': 'registry/2.0' }) }), ''],
    ['an OCI (Docker) registry', routed({ '/v2/': json(ociErrors, 401) }), ''],
    ['an OCI (Docker) registry', routed({ '/v2/images': json(ociErrors, 401) }), '/v2'],
    ['an OpenStack Glance server', routed({ '/images': json({ versions: [{ id: 'v2.9', status: 'CURRENT', links: [{ rel: 'self', href: 'http://x/v2/' }] }] }, 300) }), ''],
    ['an OpenStack Glance server', routed({ '/v2/images': json({ images: [{ disk_format: 'qcow2', container_format: 'bare' }], schema: '/v2/schemas/images' }) }), '/v2'],
    ['an OpenStack Glance server', routed({}, json({}, 401, { 'www-authenticate': "Keystone uri='http://x:5000'" })), ''],
    ['the listing of an S3 bucket', routed({}, xml('<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name></ListBucketResult>', 200)), ''],
    ['an S3 bucket that refuses access (AccessDenied)', routed({}, xml('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>', 403)), ''],
    ['an S3 bucket that has no such object', routed({}, xml('<Error><Code>NoSuchKey</Code><Key>images</Key></Error>', 404)), ''],
    ['a port that speaks TLS; use https:// in the URL', async () => serve((_request, response) => response.writeHead(400).end('<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>')), ''],
  ])('is named: %s', async (what, start, path) => {
    const { url, asked } = await start();
    const message = await messageOf(read(`${url}${path}`));
    expect(message).toContain(`This is ${what}`);
    expect(message.split(url).length).toBe(2);
    expect(asked.length).toBeLessThan(4);
  });

  it('is told to leave out an /images at the end of the URL', async () => {
    const { url } = await routed({}, json({ code: 'ResourceNotFound', message: '/prefix/images/images does not exist' }, 404))();
    const message = await messageOf(read(`${url}/prefix/images/`));
    expect(message).toBe(`${url}/prefix/images/images answered with status 404; JSON with status 200 is expected. The server says: ResourceNotFound: … does not exist. The gateway adds /images to the URL of a repository by itself; give the URL without it: ${url}/prefix.`);
  });

  it.each(['/images', '/images/', '/images/aaaaaaaa-0000-4000-8000-000000000001', '//images'])('is told the URL of its host, if that of the repository is %s', async (path) => {
    const { url } = await routed({})();
    expect(await messageOf(read(`${url}${path}`))).toMatch(new RegExp(`give the URL without it: ${url}\\.$`));
  });

  it('is asked nothing at another origin, and is not waited for', async () => {
    const other = await serve((_request, response) => response.end());
    const { url } = await serve((request, response) => {
      if (request.url === '/images') page(404)(response);
      else if (request.url === '/v2/') response.flushHeaders();
      else response.writeHead(302, { location: other.url }).end();
    });
    const began = performance.now();
    expect(await messageOf(read(url))).toContain('This is an HTML page');
    expect([other.asked, performance.now() - began < 6000]).toEqual([[], true]);
  });
});

describe('the error of an IMGAPI server', () => {
  it('is part of ours, cleaned, bounded and without secrets', async () => {
    const { url, asked } = await routed({}, json({ code: 'ServiceUnavailableError', message: `Line one\n\u202eline\u0007 two http://me:s3cret@x/y?token=s3cret ${'x'.repeat(5000)}` }, 503))();
    const message = await messageOf(read(url));
    expect(message).toMatch(/^http:\S+ answered with status 503; JSON with status 200 is expected\. The server says: ServiceUnavailableError: Line one line two http:\/\/x\/y x+…\.$/);
    expect([message.length < 450, message.includes('s3cret'), asked.length]).toEqual([true, false, 1]);
  });

  it('says the code alone, once, when it says no more', async () => {
    const { url } = await routed({}, json({ code: 'InternalError', message: 'InternalError' }, 500))();
    expect(await messageOf(read(url))).toMatch(/The server says: InternalError\.$/);
  });

  it('of a manifest does not repeat the uuid of the URL', async () => {
    const uuid = 'aaaaaaaa-0000-4000-8000-000000000001';
    const { url } = await routed({}, json({ code: 'ResourceNotFound', message: `image ${uuid} not found` }, 404))();
    const message = await messageOf(client.getManifest(`${url}/images/${uuid}`));
    expect(message).toContain('The server says: ResourceNotFound: image … not found.');
    expect(message.split(uuid).length).toBe(2);
  });

  it('names the password that is missing or wrong', async () => {
    const { url } = await routed({}, json({ code: 'UnauthorizedError', message: 'no' }, 401))();
    expect(await messageOf(read(url))).toMatch(/UnauthorizedError: no\. If it asks for a user and a password, set REPOSITORY_AUTH_NAME=user:password/);
    const credentials = { origin: url, authorization: 'Basic eDp5' };
    expect(await messageOf(client.listImages(url, { credentials }))).toContain('It did not accept the user and password');
  });
});

describe('a manifest that is something else', () => {
  it.each([
    ['a list', json([{ uuid: 'x' }]), /is a list; a manifest is one JSON object\.$/],
    ['an HTML page', page(200), /is not JSON; .* This is an HTML page, not an IMGAPI server\./],
    ['simplestreams', json({ format: 'products:1.0', products: {} }), /is no manifest; .* This is a simplestreams server/],
    ['an OCI manifest', json({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', layers: [] }), /This is an OCI \(Docker\) registry/],
    ['an image of Glance', json({ id: 'x', disk_format: 'qcow2', container_format: 'bare' }), /This is an OpenStack Glance server/],
    ['the bytes of a file', (response: ServerResponse) => response.end(Buffer.from('1f8b0800000000000003', 'hex')), /This is binary data, such as the file of an image/],
    ['an error with status 200', json({ code: 'Oops', message: 'gone' }), /The server says: Oops: gone\./],
  ])('is named: %s', async (_what, answer, wanted) => {
    const { url } = await routed({}, answer)();
    await expect(client.getManifest(`${url}/images/x`)).rejects.toMatchObject({ code: 'INVALID_MANIFEST', message: expect.stringMatching(wanted) });
  });

  it('is told where manifests are', async () => {
    const { url } = await routed({}, json([]))();
    expect(await messageOf(client.getManifest(`${url}/images`))).toContain('A URL that ends in /images is that of a list; the manifest of one image is at /images/UUID.');
  });
});

describe('the file of an image', () => {
  const noteOf = async (answer: Respond): Promise<string | null> => {
    const { url } = await routed({}, answer)();
    const { note, body } = await fetchFile(fetch, `${url}/images/x/file`);
    body.destroy();
    return note;
  };

  it('comes with a note of what is wrong with it', async () => {
    expect(await noteOf(json({ code: 'ResourceNotFound', message: 'no file' }, 404))).toBe('The server says: ResourceNotFound: no file.');
    expect(await noteOf(xml('<Error><Code>AccessDenied</Code></Error>', 403))).toContain('an S3 bucket that refuses access');
    expect(await noteOf(page(200))).toContain('an HTML page');
    expect(await noteOf((response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x'))).toMatch(/Content-Encoding "br", although the gateway asks for none/);
    const { url } = await serve((_request, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x'));
    expect(await fetchFilePart(fetch, url, { start: 0, length: 100 }, {})).toEqual({ bytes: Buffer.from('x'), note: expect.stringContaining('Content-Encoding "br"') });
    expect(await noteOf((response) => response.end('bytes'))).toBeNull();
  });
});
