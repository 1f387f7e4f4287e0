import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { openStore } from '../../src/platform/store/open-store.js';
import { S3Bucket } from '../../src/platform/store/s3/s3-bucket.js';
import { S3Failure } from '../../src/platform/store/s3/s3-failure.js';
import { S3FileStore } from '../../src/platform/store/s3/s3-file-store.js';
import { type S3Location, parseS3Url } from '../../src/platform/store/s3/s3-location.js';
import { partBytes } from '../../src/platform/store/s3/draft/part-sizes.js';
import { SinkClosed } from '../../src/platform/store/send-file.js';
import { bucketAt } from '../support/s3-store.js';
import { A, pair } from './store-contract.js';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'the-access-key', AWS_SECRET_ACCESS_KEY: 'the-secret-key' };
const servers: { close: () => void }[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers as it is told, and the location of a bucket on it. */
async function serverThat(answer: RequestListener): Promise<S3Location> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push({ close: () => {
    server.close();
    server.closeAllConnections();
  } });
  return locationOn((server.address() as AddressInfo).port);
}

function locationOn(port: number): S3Location {
  Object.assign(process.env, CREDENTIALS);
  return parseS3Url(`s3://images/prod?endpoint=http://127.0.0.1:${port}&pathStyle=true`);
}

function fault(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'request-7' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>a text of the server</Message><AWSAccessKeyId>the-access-key</AWSAccessKeyId></Error>`);
}

async function refusalOf(work: () => Promise<unknown>): Promise<string> {
  const error: unknown = await work().then(() => null, (reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE' });
  expect(JSON.stringify(error) + String((error as Error).stack)).not.toMatch(/the-access-key|the-secret-key|Signature=/);
  return (error as Error).message;
}

describe('an error of an object storage', () => {
  it.each([
    [404, 'NoSuchBucket', 'there is no such bucket; make it first (NoSuchBucket, 404, request request-7)'],
    [403, 'InvalidAccessKeyId', 'the access key is not known there'],
    [403, 'SignatureDoesNotMatch', 'the secret key is not that of the access key'],
    [403, 'AccessDenied', 'access is denied; check the credentials and the policy of the bucket (AccessDenied, 403'],
    [403, 'RequestTimeTooSkewed', 'the clock here or there is wrong'],
    [400, 'ExpiredToken', 'the credentials have expired; renew them'],
    [400, 'TokenRefreshRequired', 'the credentials have expired; renew them'],
    [400, 'InvalidToken', 'the session token is not valid there'],
    [403, 'InvalidClientTokenId', 'the access key is not known there'],
    [301, 'PermanentRedirect', 'the bucket is in another region'],
    [400, 'AuthorizationHeaderMalformed', 'the bucket is in another region'],
    [503, 'SlowDown', 'it asks for fewer requests (SlowDown, 503'],
    [500, 'InternalError', 'it answered with an error (InternalError, 500'],
  ])('%s %s is told with the store, the reason and the request', async (status, code, reason) => {
    const location = await serverThat((_request, response) => fault(response, status, code));
    const store = await openStore(location, { identity: null, isSoleOwner: false });
    expect(await refusalOf(async () => store.readManifest(pair(A)))).toContain(`The image store s3://images/prod cannot be used: ${reason}`);
  });

  it('that passes is not seen', async () => {
    let requests = 0;
    const location = await serverThat((_request, response) => {
      requests += 1;
      if (requests < 3) fault(response, 503, 'SlowDown');
      else response.end('{}');
    });
    const store = await openStore(location, { identity: null, isSoleOwner: false });
    expect(await store.readManifest(pair(A))).toBe('{}');
    expect(requests).toBe(3);
  });

  it('tells of a server that is not there, or is no storage', async () => {
    const nobody = await openStore(locationOn(1), { identity: null, isSoleOwner: false });
    expect(await refusalOf(async () => nobody.readManifest(pair(A)))).toMatch(/cannot be used: http:\/\/127\.0\.0\.1:1: nothing listens there/);
    const location = await serverThat((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html><p>It works!</html>'));
    const site = await openStore(location, { identity: null, isSoleOwner: false });
    expect(await refusalOf(async () => site.listPairs())).toContain('The image store s3://images/prod cannot be used');
  });

  it('names the host of the bucket that was looked up, and what to set where there is none', () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const location = { ...locationOn(1), endpoint: 'http://s3.example:1', pathStyle: false };
    expect(new S3Failure(location, unknown).message).toContain('the host name images.s3.example is not known; set pathStyle=true in IMAGE_STORE');
    expect(new S3Failure({ ...location, pathStyle: true }, unknown).message).not.toContain('images.s3.example');
  });

  it('bounds the wait for an answer', async () => {
    const bucket = new S3Bucket(await serverThat(() => undefined));
    const asked = async () => bucket.ask(async (client, options) => client.send(new HeadBucketCommand({ Bucket: 'images' }), options), 200);
    expect(await refusalOf(asked)).toMatch(/: no answer within 0\.2 s\.$/);
  });

  it('says where credentials come from when there are none', async () => {
    const location = await serverThat((_request, response) => response.end());
    const store = await openStore(location, { identity: null, isSoleOwner: false });
    for (const name of Object.keys(CREDENTIALS)) delete process.env[name];
    Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_CONFIG_FILE: '/nowhere' });
    try {
      expect(await refusalOf(async () => store.readManifest(pair(A)))).toContain('there are no credentials; accepted: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile');
    } finally {
      for (const name of ['AWS_EC2_METADATA_DISABLED', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE']) delete process.env[name];
    }
  });

  it('tells of a full store with the bytes that are needed', async () => {
    const location = await serverThat((request, response) => (request.method === 'PUT' ? fault(response, 403, 'QuotaExceeded') : response.end()));
    const store = await openStore(location, { identity: null, isSoleOwner: false });
    const filled = async () => store.explainFaults(5, async () => {
      const draft = await store.openDraft(pair(A));
      draft.write(Buffer.from('bytes'));
      await draft.seal();
    });
    await expect(filled()).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE', extensions: { bytesNeeded: 5 }, message: expect.stringContaining('is full') as string });
    await store.check();
  });
});

describe('a read of an object', () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));

  /** Answers ranges, and breaks the connection after `most` bytes of each body. */
  function breaking(most: number, etagOf: (request: IncomingMessage, number: number) => string): RequestListener {
    let number = 0;
    return (request, response) => {
      const etag = etagOf(request, number);
      if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== etag) return fault(response, 412, 'PreconditionFailed');
      const [, start = '0', end = String(bytes.length - 1)] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      const body = bytes.subarray(Number(start), Number(end) + 1);
      response.writeHead(request.headers.range === undefined ? 200 : 206, { 'content-length': body.length, etag, 'last-modified': new Date(0).toUTCString() });
      if (request.method === 'HEAD') return response.end();
      number += 1;
      if (body.length <= most) return response.end(body);
      return response.write(body.subarray(0, most), () => response.destroy());
    };
  }

  it('goes on where the connection broke', async () => {
    const store = await openStore(await serverThat(breaking(110_000, () => '"one"')), { identity: null, isSoleOwner: false });
    expect((await buffer((await store.readFile(pair(A)))!)).equals(bytes)).toBe(true);
    expect((await buffer((await store.readFile(pair(A), { start: 1000, end: 200_000 }))!)).equals(bytes.subarray(1000, 200_001))).toBe(true);
  });

  it('ends the connection for a receiver that is gone before the first byte', async () => {
    const closed = Promise.withResolvers<void>();
    const store = await openStore(await serverThat((_request, response) => {
      response.on('close', closed.resolve);
      response.writeHead(206, { 'content-length': bytes.length, etag: '"one"' });
      response.write(bytes.subarray(0, 1000));
    }), { identity: null, isSoleOwner: false });
    const range = { start: 0, end: bytes.length - 1 };
    const file = await store.openFile(pair(A), range);
    const gone = new PassThrough().destroy();
    await expect(file?.sendTo(gone, range)).rejects.toThrow(SinkClosed);
    await closed.promise;
  });

  it('never goes on with another object of that name', async () => {
    const store = await openStore(await serverThat(breaking(110_000, (_request, number) => (number === 0 ? '"one"' : '"two"'))), { identity: null, isSoleOwner: false });
    const read = async () => buffer((await store.readFile(pair(A)))!);
    await expect(read()).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE', reason: 'PreconditionFailed' });
  });
});

describe('the parts of an upload', () => {
  it('are small for small files, and reach 4 TiB in 10,000', () => {
    const MIB = 1024 ** 2;
    const sizes = Array.from({ length: 10_000 }, (_, at) => partBytes(at + 1));
    expect(sizes.slice(0, 2).map((size) => size / MIB)).toEqual([8, 8]);
    expect(sizes.every((size, at) => at === 0 || size >= (sizes[at - 1] ?? 0))).toBe(true);
    expect(sizes.slice(0, 4000).reduce((sum, size) => sum + size, 0) / 1024 ** 3).toBeGreaterThan(77);
    expect(sizes.reduce((sum, size) => sum + size, 0) / 1024 ** 4).toBeGreaterThan(3.9);
  });
});

describe('the sweep of an object storage', () => {
  it('drops old uploads of pairs, and of files that are there, and no other', async () => {
    const bucket = bucketAt('s3://images/x?endpoint=http://127.0.0.1:1', CREDENTIALS);
    const [dayAgo, monthAgo] = [1, 30].map((days) => new Date(Date.now() - days * 86_400_000));
    const name = (key: string): string => `${bucket.location.prefix}${key}`;
    const open = [
      { name: name(`${A}/file`), id: 'old', begunAt: monthAgo! }, { name: name(`${A}/file`), id: 'young', begunAt: dayAgo! },
      { name: name(`${A}/${A}-1/file`), id: 'attempt', begunAt: monthAgo! }, { name: name(`${A}/${A}-2/file`), id: 'sealed', begunAt: monthAgo! },
      { name: name('something/else'), id: 'else', begunAt: monthAgo! },
    ];
    const aborted: string[] = [];
    const uploads = Object.assign(Object.create(bucket.uploads) as typeof bucket.uploads, {
      list: async function* () {
        yield* open;
      },
      abort: async ({ id }: { id: string }) => void aborted.push(id),
    });
    const objects = Object.assign(Object.create(bucket.objects) as typeof bucket.objects, {
      head: async (asked: string) => (asked.endsWith('-2/file') ? { etag: '', size: 1, modifiedAt: new Date() } : null),
    });
    expect(await new S3FileStore({ ...bucket, uploads, objects }, null).sweep()).toEqual([`${A}/${A}-2/file`, `${A}/file`]);
    expect(aborted).toEqual(['old', 'sealed']);
  });
});
