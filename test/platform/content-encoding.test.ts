import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuardedFetch } from '../../src/platform/fetch/fetch.js';

const PLAIN = Buffer.from('one text that is compressed '.repeat(5000));
/** A frame of zstd that decoders leave out, with three bytes. */
const SKIPPABLE = Buffer.from('502a4d1803000000616263', 'hex');
const LIMIT = 8 * 1024 * 1024;

let url: string;
let stop: () => void;
let answer: { encoding: string | string[]; body: Buffer };
const fetch = new GuardedFetch({ allow: ['127.0.0.1'] });

beforeAll(async () => {
  const server = createServer((_request, response) => response.setHeader('content-encoding', answer.encoding).setHeader('content-length', answer.body.length).end(answer.body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`;
  stop = () => (server.closeAllConnections(), server.close(), undefined);
});
afterAll(async () => {
  await fetch.close();
  stop();
});

async function read(encoding: string | string[], body: Buffer, decodedLimitBytes: number | undefined = LIMIT): Promise<Buffer> {
  answer = { encoding, body };
  const response = await fetch.get(url, decodedLimitBytes === undefined ? {} : { decodedLimitBytes });
  return await buffer(response.body);
}

const failure = async (encoding: string, body: Buffer): Promise<string> => read(encoding, body).then(() => 'decoded', (error: Error) => error.message);

describe('an encoded answer', () => {
  it.each([
    ['gzip', gzipSync(PLAIN)],
    ['x-gzip', gzipSync(PLAIN)],
    ['GZIP', gzipSync(PLAIN)],
    ['deflate', deflateSync(PLAIN)],
    ['deflate', deflateRawSync(PLAIN)],
    ['br', brotliCompressSync(PLAIN)],
    ['zstd', zstdCompressSync(PLAIN)],
    ['zstd', Buffer.concat([zstdCompressSync(PLAIN.subarray(0, 1000)), SKIPPABLE, zstdCompressSync(Buffer.alloc(0)), zstdCompressSync(PLAIN.subarray(1000), { params: { [constants.ZSTD_c_checksumFlag]: 1 } })])],
    ['gzip', Buffer.concat([gzipSync(PLAIN.subarray(0, 1000)), gzipSync(PLAIN.subarray(1000))])],
    ['identity', PLAIN],
    ['gzip, br', brotliCompressSync(gzipSync(PLAIN))],
    ['deflate, identity, zstd, gzip', gzipSync(zstdCompressSync(deflateRawSync(PLAIN)))],
  ])('in %s is decoded', async (encoding, body) => {
    expect((await read(encoding, body)).equals(PLAIN)).toBe(true);
  });

  it('is decoded also when its encodings are in several headers', async () => {
    expect((await read(['gzip', 'br'], brotliCompressSync(gzipSync(PLAIN)))).equals(PLAIN)).toBe(true);
  });

  it('loses the headers that are of the encoded bytes', async () => {
    answer = { encoding: 'gzip', body: gzipSync(PLAIN) };
    const { headers, body } = await fetch.get(url, { decodedLimitBytes: LIMIT });
    await buffer(body);
    expect([headers['content-encoding'], headers['content-length']]).toEqual([undefined, undefined]);
  });

  it('is left as it is unless that is asked for', async () => {
    answer = { encoding: 'gzip', body: gzipSync(PLAIN) };
    const { headers, body } = await fetch.get(url);
    expect([headers['content-encoding'], (await buffer(body)).equals(answer.body)]).toEqual(['gzip', true]);
  });
});

describe('an answer that cannot be decoded', () => {
  it('names an encoding that is not known, and too many of them', async () => {
    expect(await failure('lzma', PLAIN)).toBe(`${url}: the Content-Encoding of the answer is "lzma"; accepted are gzip, deflate, br and zstd.`);
    expect(await failure('constructor', PLAIN)).toContain('"constructor"');
    expect(await failure('gzip, gzip, gzip, gzip', PLAIN)).toContain('4 encodings, one over the other; at most 3 are accepted');
  });

  it.each([
    ['zstd', Buffer.concat([zstdCompressSync(PLAIN), Buffer.from('and more')])], ['zstd', Buffer.concat([zstdCompressSync(PLAIN), zstdCompressSync(PLAIN).subarray(0, -3)])],
    ['gzip', PLAIN], ['deflate', PLAIN], ['br', randomBytes(5000)], ['zstd', PLAIN],
    ['gzip', gzipSync(randomBytes(5000)).subarray(0, 3000)], ['br', brotliCompressSync(randomBytes(5000)).subarray(0, 3000)], ['zstd', zstdCompressSync(randomBytes(5000)).subarray(0, 3000)],
  ])('is told so: %s', async (encoding, body) => {
    expect(await failure(encoding, body)).toMatch(new RegExp(`^${url}: the answer cannot be decoded as its Content-Encoding says \\(${encoding}\\): `));
  });

  it('is refused when its window would take much memory', async () => {
    // A frame of "hello" whose header asks for a window of 128 MiB.
    const wide = Buffer.from('28b52ffd0088290000' + Buffer.from('hello').toString('hex'), 'hex');
    expect(await failure('zstd', wide)).toContain('cannot be decoded');
  });
});
