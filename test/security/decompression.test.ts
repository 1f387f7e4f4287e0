import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImgapiClient } from '../../src/imgapi/client.js';
import { GuardedFetch } from '../../src/platform/fetch/fetch.js';

const BOMB = Buffer.alloc(256 * 1024 * 1024, ' ');
const compressed: [string, Buffer][] = [
  ['gzip', gzipSync(BOMB)],
  ['br', brotliCompressSync(BOMB, { params: {} })],
  ['zstd', zstdCompressSync(BOMB)],
  ['gzip, gzip', gzipSync(gzipSync(BOMB))],
  ['gzip, zstd, gzip', gzipSync(zstdCompressSync(gzipSync(BOMB)))],
];

let url: string;
let stop: () => void;
let answer: [encoding: string, body: Buffer];
const fetch = new GuardedFetch({ allow: ['127.0.0.1'] });
const client = new ImgapiClient(fetch);

beforeAll(async () => {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-encoding': answer[0] }).end(answer[1]));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = () => (server.closeAllConnections(), server.close(), undefined);
});
afterAll(async () => {
  await fetch.close();
  stop();
});

/** The message of a failure, its time, and the memory that it took beside the heap. */
async function cost(ask: () => Promise<unknown>): Promise<{ message: string; ms: number; mib: number }> {
  const [began, before] = [performance.now(), process.memoryUsage().arrayBuffers];
  let most = before;
  const watch = setInterval(() => void (most = Math.max(most, process.memoryUsage().arrayBuffers)), 5);
  const message = await ask().then(() => 'answered', (error: Error) => error.message);
  clearInterval(watch);
  return { message, ms: performance.now() - began, mib: (most - before) / 2 ** 20 };
}

async function list(): Promise<void> {
  const answered = await client.listImages(url);
  if (answered.notModified) return;
  for await (const entries of answered.entries) expect(entries).toBeDefined();
}

describe('an answer that decodes to much more than it sends', () => {
  it.each(compressed)('as a manifest in %s ends at the limit of a manifest', async (encoding, body) => {
    answer = [encoding, body];
    const { message, ms, mib } = await cost(async () => client.getManifest(url));
    expect(message).toMatch(/larger than 1048576 bytes/);
    expect([ms < 2000, mib < 64], `${ms} ms, ${mib} MiB`).toEqual([true, true]);
  });

  it.each(compressed)('as a list in %s ends at the limit of white space', async (encoding, body) => {
    answer = [encoding, body];
    const { message, ms, mib } = await cost(list);
    expect(message).toMatch(/white space/);
    expect([ms < 2000, mib < 64], `${ms} ms, ${mib} MiB`).toEqual([true, true]);
  });
});
