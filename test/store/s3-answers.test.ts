import { randomBytes, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FileStore } from '../../src/platform/store/file-store.js';
import { openStore, openStoreMark } from '../../src/platform/store/open-store.js';
import type { TestBucket } from '../support/s3-store.js';
import { bucketAt } from '../support/s3-store.js';
import { type S3Emulator, startS3Emulator } from '../support/s3-emulator.js';
import { type Outcome, type ProxiedRequest, startS3Proxy, type S3Proxy, type StorageAnswer } from '../support/s3-proxy.js';
import { attempt, pair, A, write } from './store-contract.js';

const PART = 8 * 1024 * 1024;
const LARGE = randomBytes(PART + 1000);
const B = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';

let emulator: S3Emulator;
let proxy: S3Proxy;
let bucket: TestBucket;
let store: FileStore;

beforeAll(async () => {
  emulator = await startS3Emulator();
  const [, endpoint = ''] = /endpoint=([^&]+)/.exec(emulator.url) ?? [];
  proxy = await startS3Proxy(endpoint);
});
afterAll(async () => {
  await proxy?.close();
  await emulator?.stop();
});
beforeEach(async () => {
  proxy.fault = () => null;
  bucket = bucketAt(emulator.url.replace(/endpoint=[^&]+/, `endpoint=${proxy.endpoint}`), emulator.credentials);
  store = await openStore(bucket.location, { identity: null, isSoleOwner: false });
});

const isComplete = ({ method, query }: ProxiedRequest): boolean => method === 'POST' && query.has('uploadId');
const isUploadsList = ({ method, query }: ProxiedRequest): boolean => method === 'GET' && query.has('uploads');
const isList = ({ query }: ProxiedRequest): boolean => query.get('list-type') === '2';
const isRead = ({ method, path }: ProxiedRequest): boolean => method === 'GET' && /\/(manifest|\.store-id)$/.test(path);

/** The fault happens to the first so many requests of that kind. */
function first(times: number, kind: (request: ProxiedRequest) => boolean, outcome: (request: ProxiedRequest) => Promise<Outcome>): S3Proxy['fault'] {
  let left = times;
  return (request) => (kind(request) && left-- > 0 ? outcome(request) : null);
}

function xml(text: string, status = 200): StorageAnswer {
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) };
}

async function changed(request: ProxiedRequest, change: (text: string) => string): Promise<StorageAnswer> {
  const answer = await request.answer();
  return { ...answer, body: Buffer.from(change(answer.body.toString('utf8'))) };
}

async function placePairs(uuids: readonly string[]): Promise<void> {
  for (const uuid of uuids) await bucket.objects.put(`${bucket.location.prefix}${uuid}/file`, 'bytes');
}

describe('a file that is sealed', () => {
  const INTERNAL_ERROR = '<Error><Code>InternalError</Code><Message>try again</Message></Error>';

  it.each<[string, S3Proxy['fault']]>([
    ['whose upload was completed, and the answer lost', first(1, isComplete, async (request) => request.answer().then(() => 'cut' as const))],
    ['whose upload was completed, and the answer is an error', first(1, isComplete, async (request) => request.answer().then(() => xml(INTERNAL_ERROR, 500)))],
    ['whose upload was not completed, which an answer with status 200 tells', first(1, isComplete, async () => xml(`<?xml version="1.0"?>\n\n${INTERNAL_ERROR}\n`))],
    ['during an outage that outlasts the retries of the client', first(5, isComplete, async () => xml(INTERNAL_ERROR, 500))],
    ['in a storage that cannot list uploads', (request) => (isUploadsList(request) ? Promise.resolve(xml('<Error><Code>NotImplemented</Code></Error>', 501)) : null)],
  ])('%s, is whole', async (_what, fault) => {
    const draft = await store.openDraft(attempt(1));
    await write(draft, LARGE);
    proxy.fault = fault;
    await draft.seal('{}');
    await draft.close();
    expect((await buffer((await store.readFile(attempt(1)))!)).equals(LARGE)).toBe(true);
    await store.remove(attempt(1));
    expect(await store.statFile(attempt(1))).toBeNull();
  });

  it('is not taken for whole when its upload is gone, and something else is there', async () => {
    const draft = await store.openDraft(attempt(1));
    await write(draft, LARGE);
    await draft.flush();
    proxy.fault = first(1, isComplete, async () => xml('<Error><Code>NoSuchUpload</Code></Error>', 404));
    await bucket.objects.put(bucket.keys.object(attempt(1), 'file'), 'something else');
    await expect(draft.seal()).rejects.toMatchObject({ reason: 'NoSuchUpload', message: expect.stringContaining('the upload is not there any more') as string });
    await draft.close();
  });
});

describe('a small object', () => {
  it('is read again where the answer breaks off', async () => {
    const mark = await openStoreMark(bucket.location);
    const id = randomUUID();
    await mark.writeId(id);
    await bucket.objects.put(bucket.keys.object(pair(A), 'manifest'), '{"name":"whole"}');
    proxy.fault = first(2, isRead, async (request) => ({ cutAfter: 9, answer: await request.answer() }));
    expect(await mark.readId()).toBe(id);
    expect(await store.readManifest(pair(A))).toBe('{"name":"whole"}');
  });

  it('is written by a server that refuses conditions as wrong', async () => {
    const mark = await openStoreMark(bucket.location);
    const id = randomUUID();
    proxy.fault = first(1, ({ method }) => method === 'PUT', async () => xml('<Error><Code>InvalidArgument</Code></Error>', 400));
    expect(await mark.writeId(id)).toBe(id);
  });
});

describe('a list', () => {
  const names = [A, B];

  it('is asked for again where the document ends early', async () => {
    await placePairs(names);
    proxy.fault = first(1, isList, async (request) => changed(request, (text) => text.slice(0, text.lastIndexOf('<Contents>') + 30)));
    expect(await store.listPairs()).toEqual(names);
  });

  it('goes on after the last name where a server names no beginning of the next page', async () => {
    await placePairs(names);
    const asked: (string | null)[] = [];
    proxy.fault = (request) => {
      if (!isList(request)) return null;
      asked.push(request.query.get('start-after'));
      if (asked.length > 1) return null;
      return changed(request, (text) => text.replace(/<IsTruncated>\w+</, '<IsTruncated>true<').replace(text.slice(text.lastIndexOf('<Contents>'), text.lastIndexOf('</Contents>') + 11), ''));
    };
    expect(await store.listPairs()).toEqual(names);
    expect(asked).toEqual([null, `${bucket.location.prefix}${A}/file`]);
  });

  it('is given up where a server answers the same page again and again', async () => {
    await placePairs(names);
    proxy.fault = (request) =>
      isList(request) ? changed(request, (text) => text.replace(/<IsTruncated>\w+</, '<NextContinuationToken>again</NextContinuationToken><IsTruncated>true<')) : null;
    await expect(store.listPairs()).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE', message: expect.stringContaining('the same page of a list again') as string });
  });

  it('may have a prefix of its namespace, and names that XML cannot write', async () => {
    await placePairs([A]);
    const entry = (name: string): string => `<s3:Contents><s3:Key>${name}</s3:Key><s3:Size>5</s3:Size></s3:Contents>`;
    const prefix = bucket.location.prefix;
    const list = `<s3:ListBucketResult xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/"><s3:EncodingType>url</s3:EncodingType><s3:IsTruncated>false</s3:IsTruncated>${entry(`${prefix}a+b%01%C3%A9`)}${entry(`${prefix}${A}%2Ffile`)}</s3:ListBucketResult>`;
    proxy.fault = (request) => (isList(request) ? Promise.resolve(xml(list)) : null);
    expect(await bucket.names()).toEqual([`${A}/file`, 'a b\u0001é']);
    expect(await store.listPairs()).toEqual([A]);
  });

  it('that is a page of HTML is no empty list', async () => {
    proxy.fault = (request) => (isList(request) ? Promise.resolve(xml('<!DOCTYPE html><html><body><p>Sign in</p></body></html>')) : null);
    await expect(store.listPairs()).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE' });
  });
});
