import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GuardedFetch } from '../../src/platform/fetch/fetch.js';
import type { FileDraft } from '../../src/platform/store/file-store.js';
import { LocalFileStore } from '../../src/platform/store/local/local-file-store.js';
import { type GzippedFile, downloadGzipped, type GzippedDownload } from '../../src/virtual-servers/create-image/download-gzipped.js';
import { FakeClock, THREE_ATTEMPTS } from '../images/import/fake-clock.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import { type Answer, type DataServer, diskBytes, first, stalling, startDataServer, whole } from './data-server.js';

const bytes = diskBytes(700_000);
const fetch = new GuardedFetch({ allow: ['127.0.0.0/8'] });
let folder: TemporaryFolder;
let data: DataServer;
let store: LocalFileStore;

beforeAll(async () => {
  folder = await temporaryFolder();
  store = new LocalFileStore(folder.path);
  data = await startDataServer(whole(bytes));
});
afterAll(async () => {
  await data?.close();
  await fetch.close();
  await folder?.remove();
});

async function read(answer: Answer, options: Partial<GzippedDownload> = {}): Promise<GzippedFile & { draft: FileDraft }> {
  data.answer = answer;
  data.asked = 0;
  const draft = await store.openDraft({ uuid: randomUUID(), attempt: `${randomUUID()}-1` });
  onTestFinished(async () => draft.close());
  const clock = new FakeClock();
  const gzipped = await downloadGzipped({
    what: 'snapshot daily',
    diskBytes: bytes.length,
    open: (signal) => fetch.get(data.url, { signal, idleTimeoutMs: 300 }),
    draft,
    retry: THREE_ATTEMPTS,
    clock,
    wait: clock.wait,
    signal: new AbortController().signal,
    ...options,
  });
  return { ...gzipped, draft };
}

/** Promises no length, sends a part, and breaks off in the middle of a chunk. */
const cut: Answer = (response) => response.write(bytes.subarray(0, 400_000), () => response.destroy());

/** Bytes that no HTTP server would send by itself. */
function raw(text: string): Answer {
  return (response) => response.socket?.end(text);
}

describe('downloading the data of a snapshot', () => {
  it('writes it compressed to the draft, and returns the checksums of that file', async () => {
    const { draft, digest, bytesRead, kind } = await read(whole(bytes));
    expect(bytesRead).toBe(bytes.length);
    // Noise without a boot sector: it is as long as the disk.
    expect(kind).toEqual({ compression: 'gzip', format: 'RAW', name: 'a raw disk' });
    expect(draft.size).toBe(digest.size);
    expect(gunzipSync(await buffer(await draft.readWritten())).equals(bytes)).toBe(true);
  });

  it('starts again after a break, and counts the bytes from 0 again', async () => {
    const seen: number[] = [];
    const { draft } = await read(first(cut, whole(bytes)), { onProgress: (done) => seen.push(done) });
    expect(seen.at(-1)).toBe(bytes.length);
    expect(seen.some((done, at) => done < (seen[at - 1] ?? 0))).toBe(true);
    expect(gunzipSync(await buffer(await draft.readWritten())).equals(bytes)).toBe(true);
  });

  it('starts again after data that stalls', async () => {
    const { bytesRead } = await read(first(stalling(bytes, 1000), whole(bytes)));
    expect(bytesRead).toBe(bytes.length);
    expect(data.asked).toBe(2);
  });

  it.each([
    ['stalls', stalling(bytes, 1000), 'stalled'],
    ['is cut off', cut, 'closed before the answer was complete'],
  ])('gives up when it %s every time', async (_what, answer, reason) => {
    await expect(read(answer)).rejects.toMatchObject({ code: 'FILE_UNREACHABLE', message: expect.stringContaining(reason) });
    expect(data.asked).toBe(3);
  });

  it.each<[string, Answer, string, string]>([
    ['a page', whole(Buffer.from('<!DOCTYPE html><p>Sign in first')), 'UNSUPPORTED_FORMAT', 'is an HTML page'],
    ['an error in JSON', whole(Buffer.from('{"code":"InternalError"}')), 'UNSUPPORTED_FORMAT', 'is a JSON text'],
    ['data in zstd', whole(zstdCompressSync(bytes)), 'UNSUPPORTED_FORMAT', 'compressed with zstd'],
    ['more than the disk holds', whole(diskBytes(700_001)), 'FILE_UNREACHABLE', 'more than the 700000 bytes that the disk holds'],
    ['gzip data of more than the disk holds', whole(gzipSync(diskBytes(700_001))), 'FILE_UNREACHABLE', 'more than the 700000 bytes'],
    ['gzip data that end early', whole(gzipSync(bytes).subarray(0, 100_000)), 'FILE_UNREACHABLE', 'damaged or end early'],
    ['an answer whose end nobody can tell', raw(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${'x'.repeat(1000)}`), 'FILE_UNREACHABLE', 'neither Content-Length nor chunks'],
    ['an encoding of the transfer that does not tell its end', raw(`HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n${'x'.repeat(1000)}`), 'FILE_UNREACHABLE', 'neither Content-Length nor chunks'],
    ['what is not HTTP', raw('SSH-2.0-OpenSSH_9.9\r\n'), 'FILE_UNREACHABLE', 'the answer is not HTTP'],
    ['an error, with what the server says of it', (response) => response.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"NotFound","message":"no such snapshot"}'), 'FILE_UNREACHABLE', 'answered with status 404; 200 is needed. The server says: NotFound: no such snapshot.'],
  ])('refuses %s at once', async (_what, answer, code, reason) => {
    await expect(read(answer)).rejects.toMatchObject({ code, message: expect.stringContaining(reason) });
    expect(data.asked).toBe(1);
  });

  it('stores gzip data as they are', async () => {
    const gzipped = gzipSync(bytes);
    const { draft, digest, kind } = await read(whole(gzipped));
    expect(digest.size).toBe(gzipped.length);
    expect(kind.compression).toBe('gzip');
    expect((await buffer(await draft.readWritten())).equals(gzipped)).toBe(true);
  });

  it('takes a ZFS stream that is a little larger than the disk', async () => {
    const stream = Buffer.concat([Buffer.from('0000000000000000accbbaf502000000', 'hex'), diskBytes(710_000)]);
    expect(await read(whole(stream))).toMatchObject({ bytesRead: stream.length, kind: { compression: 'gzip', format: 'ZFS_STREAM' } });
  });

  it.each<[string, Record<string, string>, Buffer]>([
    ['is encoded', { 'content-encoding': 'gzip' }, gzipSync(bytes)],
    ['says that it is not encoded', { 'content-encoding': 'Identity' }, bytes],
  ])('takes an answer that %s', async (_what, headers, body) => {
    const answer: Answer = (response) => response.writeHead(200, { ...headers, 'content-length': body.length }).end(body);
    const { draft, bytesRead } = await read(answer, { open: (signal) => fetch.get(data.url, { signal, decodedLimitBytes: 2 * bytes.length }) });
    expect(bytesRead).toBe(bytes.length);
    expect(gunzipSync(await buffer(await draft.readWritten())).equals(bytes)).toBe(true);
  });

  it('throws an error of the disk unchanged, and does not retry it', async () => {
    const full = new Error('no space left on device');
    const fails = async (): Promise<void> => Promise.reject(full);
    await expect(read(whole(bytes), { draft: { restart: async () => undefined, write: fails, flush: fails } })).rejects.toBe(full);
    expect(data.asked).toBe(1);
  });

  it.each([
    ['while it is read', stalling(bytes, 1000)],
    ['while it waits for the next attempt', cut],
  ])('throws the reason of its signal when it is aborted %s', async (_when, answer) => {
    const controller = new AbortController();
    const reason = new Error('called off');
    const reading = read(answer, { signal: controller.signal, wait: async () => delay(60_000, undefined, { signal: controller.signal }), open: (signal) => fetch.get(data.url, { signal }) });
    setTimeout(() => controller.abort(reason), 200);
    await expect(reading).rejects.toBe(reason);
  });
});
