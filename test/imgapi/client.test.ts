import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImgapiClient, type ImageList, type ListRequest } from '../../src/imgapi/client.js';
import { GuardedFetch } from '../../src/platform/fetch/fetch.js';
import { type ImgapiRepository, makeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';

let fetch: GuardedFetch;
let client: ImgapiClient;
let repository: ImgapiRepository;

beforeEach(async () => {
  fetch = new GuardedFetch({ allow: [] });
  client = new ImgapiClient(fetch);
  repository = await startImgapiRepository({ images: [makeImage({ name: 'one' }), makeImage({ name: 'two' })], prefix: '/a/prefix' });
});
afterEach(async () => {
  await fetch.close();
  await repository.close();
});

function trusted(): { trustedHosts: ReadonlySet<string> } {
  return { trustedHosts: new Set([repository.host]) };
}

async function list(request: ListRequest = {}): Promise<{ list: ImageList; uuids: unknown[] }> {
  const answer = await client.listImages(`${repository.url}/`, { ...trusted(), ...request });
  if (answer.notModified) throw new Error('not modified');
  const uuids: unknown[] = [];
  for await (const entries of answer.entries) {
    for (const entry of entries) uuids.push(entry.ok ? (entry.value as { uuid: string }).uuid : entry.reason);
  }
  return { list: answer, uuids };
}

function manyImages(count: number): PublishedImage[] {
  const { file } = makeImage({ size: 1 });
  return Array.from({ length: count }, (_, at) => {
    const uuid = `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
    return { manifest: { uuid, name: `image-${at}` }, file };
  });
}

const uuidsOf = (images: readonly PublishedImage[]): string[] => images.map(({ manifest }) => manifest.uuid);

describe('listImages', () => {
  it('keeps the path prefix, asks once and without a query', async () => {
    expect((await list()).uuids).toEqual(uuidsOf(repository.images));
    expect(repository.requests.map(({ url }) => url)).toEqual(['/a/prefix/images']);
  });

  it('is told when nothing changed', async () => {
    const { list: first } = await list();
    expect(await client.listImages(repository.url, { ...trusted(), etag: first.etag ?? '' })).toEqual({ notModified: true });
    repository.images.pop();
    expect((await list({ etag: first.etag ?? '' })).uuids).toHaveLength(1);
  });

  it('reads every page of a server that pages, each image once, and keeps no ETag of a part', async () => {
    repository.images = manyImages(2500);
    repository.pageSize = 1000;
    const all = await list();
    expect(all.uuids).toEqual(uuidsOf(repository.images));
    expect([repository.requests.length, all.list.etag]).toEqual([3, undefined]);
  });

  it('stops at a server that ignores the question and at a list of exactly one page', async () => {
    repository.images = manyImages(1763);
    const whole = await list();
    expect([whole.uuids.length, repository.requests.length, whole.list.etag]).toEqual([1763, 2, expect.any(String)]);
    repository.images = manyImages(1000);
    repository.pageSize = 1000;
    const page = await list();
    expect([page.uuids.length, repository.requests.length, page.list.etag]).toEqual([1000, 4, undefined]);
  });

  it('refuses "not modified" when nothing was asked about', async () => {
    const lying = createServer((_, response) => response.writeHead(304).end());
    await new Promise<void>((resolve) => lying.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(lying.address() as AddressInfo).port}`;
    const asked = client.listImages(`http://${host}`, { trustedHosts: new Set([host]) });
    await expect(asked).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE', message: expect.stringContaining('304') });
    lying.closeAllConnections();
    lying.close();
  });

  it('refuses an address inside without trust', async () => {
    await expect(client.listImages(repository.url)).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED' });
  });

  it.each([
    ['status500', / answered with status 500/],
    ['html', /not a JSON list. This is an HTML page, not an IMGAPI server./],
    ['halfList', /ends in the middle/],
    ['spaces', /white space in a row/],
    ['redirectLoop', /redirects go in a circle/],
    [{ cut: 1 }, /closed before the answer was complete/],
  ] as const)('tells of the fault %j with the URL', async (fault, words) => {
    repository.fail.list = structuredClone(fault);
    await expect(list()).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE', message: expect.stringMatching(new RegExp(`^${repository.url}/images.*${words.source}`)) });
  });

  it('ends a list that stalls at its time limit, and at once when aborted', async () => {
    repository.fail.list = 'stall';
    await expect(list({ timeLimitMs: 200 })).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE', message: expect.stringContaining('took too long') });
    const abort = new AbortController();
    const reading = list({ signal: abort.signal });
    setTimeout(() => abort.abort(new Error('stopped')), 50);
    await expect(reading).rejects.toThrow('stopped');
  });

  it('does not send a validator that would break the request', async () => {
    expect((await list({ etag: 'a\nb', lastModified: 'é' })).uuids).toHaveLength(2);
    expect(repository.requests[0]?.headers).not.toHaveProperty('if-none-match');
  });
});

describe('getManifest', () => {
  const urlOf = (): string => repository.manifestUrl(repository.images[0] ?? makeImage());

  it('gives the object', async () => {
    expect(await client.getManifest(urlOf(), trusted())).toEqual(repository.images[0]?.manifest);
  });

  it.each([
    ['status500', 'MANIFEST_UNREACHABLE', 'status 500'],
    ['redirectLoop', 'MANIFEST_UNREACHABLE', 'circle'],
    ['html', 'INVALID_MANIFEST', 'not JSON; a manifest is one JSON object. This is an HTML page'],
    ['halfList', 'INVALID_MANIFEST', 'not JSON'],
    [{ text: '' }, 'INVALID_MANIFEST', ' is empty; a manifest is one JSON object.'],
    ['spaces', 'INVALID_MANIFEST', 'larger than 1048576 bytes'],
    [{ cut: 1 }, 'MANIFEST_UNREACHABLE', 'closed before'],
    [{ redirectTo: 'http://localhost/' }, 'URL_NOT_ALLOWED', 'localhost'],
  ] as const)('answers the fault %j with %s', async (fault, code, words) => {
    repository.fail.manifest = structuredClone(fault);
    await expect(client.getManifest(urlOf(), trusted())).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it('refuses a list and an image that is not there', async () => {
    await expect(client.getManifest(`${repository.url}/images`, trusted())).rejects.toMatchObject({ code: 'INVALID_MANIFEST', message: expect.stringContaining('a list') });
    await expect(client.getManifest(`${repository.url}/images/x`, trusted())).rejects.toMatchObject({ code: 'MANIFEST_UNREACHABLE', message: expect.stringContaining('404') });
  });

  it.each(['stall', 'silence', { slow: 20 }] as const)('gives up on the fault %j at the time limit', async (fault) => {
    repository.fail.manifest = fault;
    await expect(client.getManifest(urlOf(), { ...trusted(), timeLimitMs: 150 })).rejects.toMatchObject({ code: 'MANIFEST_UNREACHABLE', message: expect.stringContaining('too long') });
  });
});
