import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadFile, type DownloadOptions } from '../../../src/images/import/download/download.js';
import type { FileDigest } from '../../../src/images/import/download/hasher.js';
import { AppError } from '../../../src/platform/errors.js';
import type { FileDraft } from '../../../src/platform/store/file-store.js';
import { LocalFileStore } from '../../../src/platform/store/local/local-file-store.js';
import { FakeClock, THREE_ATTEMPTS } from './fake-clock.js';
import { type Answer, breakAfter, type FileServer, openFrom, rangeless, sha1Of, startFileServer, status, whole } from './file-server.js';

const KEY = { uuid: '11111111-1111-4111-8111-111111111111', attempt: '0190aaaa-0000-7000-8000-000000000001-1' };
const BYTES = randomBytes(700_000);
const HALF = 300_000;

let root: string;
let draft: FileDraft;
let server: FileServer | null;
let clock: FakeClock;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'download-'));
  draft = await new LocalFileStore(root).openDraft(KEY);
  server = null;
  clock = new FakeClock();
});
afterEach(async () => {
  await server?.close();
  await draft.close();
  await rm(root, { recursive: true, force: true });
});

/** Downloads from a server that gives these answers. */
async function download(answers: readonly Answer[], changes: Partial<DownloadOptions> = {}): Promise<FileDigest> {
  server = await startFileServer(answers);
  return downloadFile({
    url: server.url,
    open: openFrom(server.url),
    draft,
    expectedSize: BYTES.length,
    expectedSha1: sha1Of(BYTES),
    signal: new AbortController().signal,
    clock,
    wait: clock.wait,
    ...changes,
    onProgress: (done) => {
      changes.onProgress?.(done);
      server?.seen(done);
    },
  });
}

async function arrived(): Promise<Buffer> {
  return buffer(await draft.readWritten());
}

async function leavePartial(bytes: Buffer): Promise<void> {
  await draft.write(bytes);
}

function ranges(): (string | null)[] {
  return server?.asked.map(({ range }) => range) ?? [];
}

describe('a download', () => {
  it('brings the file, its checksums and its progress', async () => {
    const progress: number[] = [];
    const digest = await download([whole(BYTES)], { onProgress: (done) => progress.push(done) });
    const hex = (name: string): string => createHash(name).update(BYTES).digest('hex');
    expect(digest).toEqual({ size: BYTES.length, sha1: hex('sha1'), sha256: hex('sha256'), md5: hex('md5') });
    expect((await arrived()).equals(BYTES)).toBe(true);
    expect(progress.at(-1)).toBe(BYTES.length);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it('resumes after a break, under the condition that the file is the same', async () => {
    await download([breakAfter(BYTES, HALF), breakAfter(BYTES, 1000), whole(BYTES)]);
    expect(ranges()).toEqual([null, `bytes=${HALF}-`, `bytes=${HALF + 1000}-`]);
    expect(server?.asked[1]?.ifRange).toBe('"one"');
    expect(clock.causes).toEqual(['1: the connection was closed before the answer was complete', '2: the connection was closed before the answer was complete']);
    expect((await arrived()).equals(BYTES)).toBe(true);
  });

  it('starts anew when the server knows no ranges', async () => {
    await download([rangeless(BYTES, HALF), rangeless(BYTES)]);
    expect(ranges()).toEqual([null, `bytes=${HALF}-`]);
    expect((await arrived()).equals(BYTES)).toBe(true);
  });

  it('takes up what an earlier process left', async () => {
    await leavePartial(BYTES.subarray(0, HALF));
    const digest = await download([whole(BYTES)]);
    expect(server?.asked).toEqual([{ range: `bytes=${HALF}-`, ifRange: null }]);
    expect(digest.sha1).toBe(sha1Of(BYTES));
  });

  it('asks nobody when an earlier process left all of it', async () => {
    await leavePartial(BYTES);
    expect((await download([status(500)])).sha1).toBe(sha1Of(BYTES));
    expect(ranges()).toEqual([]);
  });

  it('throws away what an earlier process left when it is longer than the file', async () => {
    await leavePartial(Buffer.concat([BYTES, BYTES]));
    await download([whole(BYTES)]);
    expect(ranges()).toEqual([null]);
    expect((await arrived()).equals(BYTES)).toBe(true);
  });

  it('fetches once more in one piece when the joined pieces do not match', async () => {
    await leavePartial(Buffer.alloc(HALF));
    await download([whole(BYTES)]);
    expect(ranges()).toEqual([`bytes=${HALF}-`, null]);
    expect((await arrived()).equals(BYTES)).toBe(true);
  });

  it('tries again while the server is busy', async () => {
    await download([status(503), status(429), whole(BYTES)]);
    expect(ranges()).toHaveLength(3);
  });

  it('survives an outage of minutes with what has arrived, and asks less and less often', async () => {
    const outage = Array.from({ length: 9 }, () => status(503));
    await download([breakAfter(BYTES, HALF), ...outage, whole(BYTES)]);
    expect(ranges().slice(1)).toEqual(Array.from({ length: 10 }, () => `bytes=${HALF}-`));
    expect(clock.pauses).toEqual([0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect((await arrived()).equals(BYTES)).toBe(true);
  });

  it('waits as long as the server asks for, within bounds, be it seconds or a date', async () => {
    const at = new Date(clock.time + 120_000).toUTCString();
    await download([status(503, { 'retry-after': '7' }), status(429, { 'retry-after': '86400' }), status(503, { 'retry-after': 'soon' }), whole(BYTES)]);
    expect(clock.pauses).toEqual([7, 900, 2]);
    await server?.close();
    await draft.restart();
    clock = new FakeClock();
    await download([status(503, { 'retry-after': at }), whole(BYTES)]);
    expect(clock.pauses).toEqual([120]);
  });

  it('starts afresh when the server has no such range, and resumes again after that', async () => {
    await download([breakAfter(BYTES, HALF), status(416), breakAfter(BYTES, 1000), whole(BYTES)]);
    expect(ranges()).toEqual([null, `bytes=${HALF}-`, null, 'bytes=1000-']);
    expect((await arrived()).equals(BYTES)).toBe(true);
  });

  it('survives more breaks than an outage may have while it gets on', async () => {
    const large = randomBytes(8 * 1024 * 1024);
    const steps = Array.from({ length: 5 }, () => breakAfter(large, 1_500_000));
    const changes = { expectedSize: large.length, expectedSha1: sha1Of(large), retry: THREE_ATTEMPTS };
    expect((await download([...steps, whole(large)], changes)).size).toBe(large.length);
  });

  it('is cancelled while the server stalls, and keeps what has arrived', async () => {
    const cancel = new AbortController();
    const stall: Answer = (_request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, HALF));
    };
    const onProgress = (done: number): void => {
      if (done === HALF) cancel.abort(new Error('cancelled by its owner'));
    };
    await expect(download([stall], { signal: cancel.signal, onProgress })).rejects.toThrow('cancelled by its owner');
    expect(draft.size).toBe(HALF);
    expect(ranges()).toHaveLength(1);
  });

  it('leaves a connection on which nothing comes any more', async () => {
    const silent: Answer = () => undefined;
    await download([silent, whole(BYTES)], { retry: { rateWindowMs: 300 } });
    expect(clock.causes).toEqual(['1: no byte arrived for 0.3 s']);
  });

  it('leaves a connection that brings less than the lowest rate', async () => {
    const trickle: Answer = (_request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    await download([trickle, whole(BYTES)], { retry: { rateWindowMs: 300, minRate: 1024 } });
    expect(clock.causes).toEqual([expect.stringMatching(/^1: only \d+ bytes arrived in 0.3 s, 308 are the least/)]);
    expect((await arrived()).equals(BYTES)).toBe(true);
  });

  it('does not leave one that is fast enough, however long it takes', async () => {
    const slow: Answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 100_000 });
      let sent = 0;
      const timer = setInterval(() => {
        response.write(BYTES.subarray(sent, sent + 5000));
        sent += 5000;
        if (sent >= 100_000) response.end();
      }, 30);
      response.on('close', () => clearInterval(timer));
    };
    const part = BYTES.subarray(0, 100_000);
    await download([slow], { expectedSize: part.length, expectedSha1: sha1Of(part), retry: { rateWindowMs: 200, minRate: 1024 } });
    expect(clock.causes).toEqual([]);
  });
});

describe('a download refuses', () => {
  it('a file with a wrong byte', async () => {
    const flipped = Buffer.from(BYTES);
    flipped[HALF] = (flipped[HALF] ?? 0) ^ 1;
    const refusal = { code: 'CHECKSUM_MISMATCH', extensions: { expected: sha1Of(BYTES), actual: sha1Of(flipped) } };
    await expect(download([whole(flipped)])).rejects.toMatchObject(refusal);
    expect(ranges()).toHaveLength(1);
  });

  it('a file whose announced size differs, before a byte of it is written', async () => {
    for (const other of [BYTES.subarray(1), Buffer.concat([BYTES, Buffer.from('x')])]) {
      await expect(download([whole(other)])).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
      await server?.close();
    }
    server = null;
    expect(draft.size).toBe(0);
  });

  it('an endless file as soon as it is too long', async () => {
    const endless: Answer = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(BYTES));
      };
      response.on('drain', more);
      more();
    };
    await expect(download([endless])).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(draft.size).toBeLessThanOrEqual(BYTES.length);
  });

  it('a file that always ends too early', async () => {
    const short: Answer = (_request, response) => void response.end(BYTES.subarray(0, HALF));
    const attempt = download([short]);
    await expect(attempt).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', message: expect.stringContaining(`${HALF} bytes`) });
  });

  it.each([204, 301, 401, 403, 404, 410, 416])('status %i at once', async (code) => {
    const refusal = { code: 'FILE_UNREACHABLE', message: expect.stringMatching(new RegExp(`127.0.0.1.*${code}`)) };
    await expect(download([status(code, {}, '')])).rejects.toMatchObject(refusal);
    expect(ranges()).toHaveLength(1);
  });

  it('to try again when the way there is not allowed', async () => {
    let calls = 0;
    const open = (): Promise<never> => {
      calls += 1;
      throw new AppError('URL_NOT_ALLOWED', 'not there');
    };
    await expect(download([], { open })).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED' });
    expect(calls).toBe(1);
  });
});

describe('a download meets', () => {
  it('a lie about the range and asks for the whole file instead', async () => {
    for (const lie of [`bytes 0-${BYTES.length - 1}/${BYTES.length}`, `bytes ${HALF + 1}-${BYTES.length - 1}/${BYTES.length}`, 'nonsense']) {
      const liar = status(206, { 'content-range': lie }, 'lies');
      await download([breakAfter(BYTES, HALF), liar, whole(BYTES)]);
      expect(ranges()).toEqual([null, `bytes=${HALF}-`, null]);
      expect((await arrived()).equals(BYTES)).toBe(true);
      await server?.close();
      await draft.restart();
    }
    server = null;
  });

  it('another file behind the same address and never joins the two', async () => {
    await download([breakAfter(randomBytes(BYTES.length), HALF, '"old"'), whole(BYTES, '"new"')]);
    expect(ranges()).toEqual([null, `bytes=${HALF}-`, null]);
    expect((await arrived()).equals(BYTES)).toBe(true);
  });

  it('a server that breaks every time, and tells the last cause', async () => {
    const attempt = download([breakAfter(BYTES, HALF), status(502)], { retry: THREE_ATTEMPTS });
    const refusal = { code: 'FILE_UNREACHABLE', message: expect.stringMatching(/for 3 s .*in 3 attempts.*answered 502/) };
    await expect(attempt).rejects.toMatchObject(refusal);
    expect(draft.size).toBe(HALF);
  });

  it('a server that is not there', async () => {
    const gone = openFrom('http://127.0.0.1:1/file');
    const refusal = { code: 'FILE_UNREACHABLE', message: expect.stringContaining('connection refused') };
    await expect(download([], { open: gone, retry: THREE_ATTEMPTS })).rejects.toMatchObject(refusal);
  });

  it('a full disk, which no other attempt would mend', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const fullDraft = { size: 0, readWritten: draft.readWritten, restart: async () => undefined, write: async () => Promise.reject(full), flush: async () => Promise.reject(full) };
    await expect(download([whole(BYTES)], { draft: fullDraft })).rejects.toBe(full);
    expect(ranges()).toHaveLength(1);
  });
});
