import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { type ListLimit, ListRateLimiter } from '../../src/image-server/list-rate-limiter.js';
import { type Database, openDatabase } from '../../src/platform/database/database.js';
import { databaseOf, type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { imageFacts, insertImages } from '../support/image-rows.js';
import { type ImgapiRepository, makeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { sendRaw } from '../support/raw-http.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }';
/** More than sockets hold on their way. */
const IMAGES = 3000;
const PADDING = 6000;
const STRANGER = { 'x-forwarded-for': '203.0.113.1' };

describe('what the image server answers', () => {
  let gateway: GatewayProcess;
  let admin: TestClient;
  let folder: TemporaryFolder;
  let repository: ImgapiRepository;
  let database: Database;
  const sockets: Socket[] = [];
  const images = [makeImage({ name: 'shown', version: '1', size: 5000 }), makeImage({ name: 'hidden', version: '1', size: 5000 })] as [PublishedImage, PublishedImage];
  const [shown, hidden] = images.map(({ manifest }) => manifest.uuid) as [string, string];

  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> => fetch(`${gateway.url}/imgapi${path}`, { method, headers });
  const change = async (sql: string): Promise<void> => void (await database.em.fork().getConnection().execute(sql, [], 'run'));

  beforeAll(async () => {
    repository = await startImgapiRepository({ images });
    ({ gateway, admin, folder } = await startFresh({ TRUST_PROXY: '127.0.0.1' }));
    for (const [image, access] of [[images[0], 'PUBLIC'], [images[1], 'PRIVATE']] as const) {
      const input = { name: image.manifest.name, manifestUrl: repository.manifestUrl(image), datacenter: 'main', access };
      const { importImage } = await admin.run(IMPORT, { input });
      await admin.ended(importImage.task.id);
    }
    database = await openDatabase(databaseOf(folder), ENTITIES);
    await insertImages(database.em.fork(), Array.from({ length: IMAGES }, (_, at) => imageFacts(at + 1000)), PADDING);
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await database?.close(true);
    await gateway?.stop();
    await repository?.close();
    await folder?.remove();
  });

  /** A list that nobody reads. */
  async function stall(headers: Record<string, string> = {}): Promise<Socket> {
    const { port } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => undefined);
    const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}`);
    await new Promise<void>((resolve) => {
      socket.once('data', () => resolve());
      socket.write(`GET /imgapi/images HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    });
    socket.pause();
    return socket;
  }

  it('may be stored by others only where it is PUBLIC, and is of the type that it says', async () => {
    const cachingOf = async (path: string, headers?: Record<string, string>) => {
      const answer = await get(path, headers);
      await answer.arrayBuffer();
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      return answer.headers.get('cache-control');
    };
    for (const path of ['', '/file']) {
      expect(await cachingOf(`/images/${shown}${path}`)).toBe('no-cache');
      expect(await cachingOf(`/images/${hidden}${path}`)).toBe('private');
      expect(await cachingOf(`/images/${hidden}${path}`, STRANGER)).toBe('no-store');
    }
    expect(await cachingOf('/images?limit=1')).toBe('private');
    expect(await cachingOf('/images?limit=1', STRANGER)).toBe('no-cache');
    for (const path of ['/ping', '/nowhere', '/images?limit=x', '/images/x']) expect(await cachingOf(path)).toBe('no-store');
    const range = await get(`/images/${hidden}/file`, { range: 'bytes=0-9' });
    expect([range.status, range.headers.get('cache-control'), range.headers.get('x-content-type-options')]).toEqual([206, 'private', 'nosniff']);
  });

  it('is the same to HEAD without a body', async () => {
    for (const path of ['/ping', '/images', '/images?name=shown', `/images/${shown}`, `/images/${shown}/file`, '/images/x', '/images?limit=x']) {
      const [head, whole] = [await get(path, {}, 'HEAD'), await get(path)];
      const body = await whole.arrayBuffer();
      expect([head.status, head.headers.get('etag'), head.headers.get('content-type')]).toEqual([whole.status, whole.headers.get('etag'), whole.headers.get('content-type')]);
      expect((await head.arrayBuffer()).byteLength).toBe(0);
      // A list has none, as nobody knows its length before its end.
      expect([null, String(body.byteLength)]).toContain(head.headers.get('content-length'));
    }
  });

  it('is 304 for a list that has not changed, for its own query and its own callers only', async () => {
    const etagOf = async (query: string, headers?: Record<string, string>) => (await get(`/images${query}`, headers, 'HEAD')).headers.get('etag')!;
    const etag = await etagOf('?limit=5');
    expect(etag).toMatch(/^"[0-9a-f]{40}"$/);
    for (const given of [etag, etag.replaceAll('"', ''), `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await get('/images?limit=5', { 'if-none-match': given });
      expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, etag, '']);
    }
    expect((await get('/images?limit=6', { 'if-none-match': etag })).status).toBe(200);
    expect((await get('/images?limit=5', { 'if-none-match': etag, ...STRANGER })).status).toBe(200);
    const { updateImage } = await admin.run('mutation { updateImage(input: { name: "shown", tags: ["new"] }) { task { id } } }');
    await admin.ended(updateImage.task.id);
    expect((await get('/images?limit=5', { 'if-none-match': etag })).status).toBe(200);
    const changed = await etagOf('?limit=5');
    await change('delete from image where id = 1000');
    expect((await get('/images?limit=5', { 'if-none-match': changed })).status).toBe(200);
  });

  it('is broken off, never half a list that looks whole, when it fails on its way', async () => {
    const response = await get('/images');
    const reader = response.body!.getReader();
    await reader.read();
    await change('alter table image rename to image_gone');
    const rest = (async () => {
      for (;;) if ((await reader.read()).done) return 'whole';
    })();
    await expect(rest).rejects.toThrow('terminated');
    const failed = await get('/images');
    await change('alter table image_gone rename to image');
    expect([failed.status, await failed.json()]).toMatchObject([500, { code: 'InternalError' }]);
    expect((await get('/images?limit=1')).status).toBe(200);
  });

  it('is refused to an address that has too many lists under way, which costs others nothing', async () => {
    const held = await Promise.all(Array.from({ length: 4 }, async () => stall(STRANGER)));
    const refused = await get('/images?limit=1', STRANGER);
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([429, '1', { code: 'RequestThrottled', message: expect.stringContaining('at most 4') }]);
    expect((await get('/images?limit=1', { 'x-forwarded-for': '203.0.113.2' })).status).toBe(200);
    expect((await get('/images?limit=1')).status).toBe(200);
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
    for (const socket of held) socket.destroy();
    await expect.poll(async () => (await get('/images?limit=1', STRANGER)).status).toBe(200);
  });

  it('has the shape of its protocol, also before any route is found', async () => {
    const answer = await get('/images/%ff');
    expect([answer.status, await answer.json()]).toEqual([400, { code: 'BadRequestError', message: expect.any(String) }]);
    const { status, body } = await sendRaw(gateway.url, 'GET /imgapi/ping HTTP/1.1\r\nHost: <none>\r\n\r\n');
    expect([status, JSON.parse(body)]).toEqual([400, { code: 'BadRequestError', message: expect.stringContaining('Host: <none>') }]);
  });

  it('repeats no query, and no more of a path than a line has', async () => {
    const answer = await get(`/nowhere/${'x'.repeat(3000)}?password=secret`);
    const text = await answer.text();
    expect(answer.status).toBe(404);
    expect(text).not.toContain('secret');
    expect(text.length).toBeLessThan(400);
    for (const uuid of ['..%2f..%2fetc%2fpasswd', '%00', shown.toUpperCase(), `${shown}x`, 'x'.repeat(3000)]) {
      for (const path of ['', '/file']) {
        const refused = await get(`/images/${uuid}${path}`);
        expect(refused.status).toBeGreaterThanOrEqual(400);
        expect(refused.status).toBeLessThan(500);
      }
    }
  });
});

describe('the bounds of lists', () => {
  const bound: ListLimit = { concurrent: 2, imagesPerSecond: 100, burst: 1000 };
  const bounds = (): ListRateLimiter => new ListRateLimiter({ ...bound, concurrent: 50 }, bound);

  it('count what runs, by address, of IPv6 by what one subscriber has', () => {
    const counted = bounds();
    const first = counted.admit('2001:db8::1', false, 0);
    counted.admit('2001:db8::2', false, 0);
    expect(counted.admit('2001:db8::3', false, 0)).toMatchObject({ retryAfter: 1 });
    expect(counted.admit('2001:db8:0:1::1', false, 0)).not.toHaveProperty('reason');
    expect(counted.admit('2001:db8::3', true, 0)).not.toHaveProperty('reason');
    const { end } = first as { end: () => void };
    end();
    end();
    expect(counted.admit('2001:db8::3', false, 0)).not.toHaveProperty('reason');
    expect(counted.admit('2001:db8::3', false, 0)).toHaveProperty('reason');
  });

  it('let a long list be answered, and what comes after it wait until it is paid for', () => {
    const counted = bounds();
    const list = counted.admit('203.0.113.1', false, 0) as { spend: (passed: number, answered: number) => void; end: () => void };
    list.spend(10_000, 2000);
    list.end();
    const refused = counted.admit('203.0.113.1', false, 1000) as { retryAfter: number };
    expect(refused.retryAfter).toBe(20);
    expect(counted.admit('203.0.113.1', false, 1000 + refused.retryAfter * 1000)).not.toHaveProperty('reason');
    expect(counted.admit('203.0.113.2', false, 0)).not.toHaveProperty('reason');
  });

  it('hold for all addresses together, and remember a bounded number of them', () => {
    const counted = bounds();
    const admitted = Array.from({ length: 128 }, (_, at) => counted.admit(`10.0.0.${at}`, false, 0));
    expect(admitted.filter((one) => 'reason' in one)).toEqual([]);
    expect(counted.admit('10.0.1.1', true, 0)).toMatchObject({ reason: expect.stringContaining('at most 128') });
    for (let at = 0; at < 30_000; at += 1) counted.admit(`172.16.${at >> 8}.${at & 255}`, false, 0);
    expect(counted.admit('10.0.0.1', true, 0)).toHaveProperty('reason');
  });
});
