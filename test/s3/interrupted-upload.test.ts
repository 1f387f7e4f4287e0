import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameOfKey } from '../../src/platform/store/file-key.js';
import type { FileStore } from '../../src/platform/store/file-store.js';
import { openStore } from '../../src/platform/store/open-store.js';
import { attempt, pair, A, write } from '../store/store-contract.js';
import { GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { realBucket, type TestBucket } from '../support/s3-store.js';

const PART = 8 * 1024 * 1024;
const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }';

let bucket: TestBucket;
let store: FileStore;

beforeEach(async () => {
  bucket = realBucket();
  store = await openStore(bucket.location, { identity: null, isSoleOwner: false });
});
afterEach(async () => bucket.clear());

async function contentOf(number: number): Promise<Buffer> {
  return buffer((await store.readFile(attempt(number)))!);
}

describe('an upload whose process was killed', () => {
  it('goes on from its whole parts, and what was in memory is written again', async () => {
    const bytes = randomBytes(3 * PART);
    const killed = await store.openDraft(attempt(1));
    await write(killed, bytes.subarray(0, 2 * PART + 1000));
    await killed.flush();
    const draft = await store.openDraft(attempt(2));
    expect(draft.size).toBe(2 * PART);
    expect((await buffer(await draft.readWritten())).equals(bytes.subarray(0, 2 * PART))).toBe(true);
    await write(draft, bytes.subarray(2 * PART));
    await draft.seal('{}');
    expect((await contentOf(2)).equals(bytes)).toBe(true);
    expect(await bucket.names()).toEqual([`${nameOfKey(attempt(2))}/file`, `${nameOfKey(attempt(2))}/manifest`]);
    expect(await bucket.openUploads()).toEqual([]);
  });

  it('goes on to the first part that is missing, as several were on their way', async () => {
    const bytes = randomBytes(3 * PART);
    const upload = await bucket.uploads.begin(bucket.keys.object(attempt(1), 'file'));
    const never = new AbortController().signal;
    await bucket.uploads.putPart(upload, 1, bytes.subarray(0, PART), never);
    await bucket.uploads.putPart(upload, 3, bytes.subarray(2 * PART), never);
    const draft = await store.openDraft(attempt(2));
    expect(draft.size).toBe(PART);
    await write(draft, bytes.subarray(PART));
    await draft.seal();
    expect((await contentOf(2)).equals(bytes)).toBe(true);
  });

  it('leaves nothing when its image is given up', async () => {
    const killed = await store.openDraft(attempt(1));
    await write(killed, randomBytes(PART));
    await killed.flush();
    expect(await bucket.openUploads()).toEqual([`${nameOfKey(attempt(1))}/file`]);
    await store.remove(attempt(1));
    expect(await bucket.openUploads()).toEqual([]);
  });

  it('of a pair shows nobody half a file', async () => {
    const killed = await store.openDraft(pair(A));
    await write(killed, randomBytes(PART));
    await killed.flush();
    const again = await store.openDraft(pair(A));
    expect(again.size).toBe(0);
    expect(await store.statFile(pair(A))).toBeNull();
    await write(again, 'whole');
    await again.seal('{}');
    expect((await store.statFile(pair(A)))?.size).toBe(5);
  });

  it('goes on in a gateway that is started again, with a request for the rest', { timeout: 90_000 }, async () => {
    const image = makeImage({ name: 'large', version: '1', size: 30_000_000 });
    const repository = await startImgapiRepository({ images: [image] });
    repository.fail = { file: { slow: 12_000_000 } };
    const settings = { ...bucket.credentials, IMAGE_STORE: bucket.url };
    let { gateway, admin, folder } = await startFresh(settings);
    try {
      const { importImage } = await admin.run(IMPORT, { input: { name: 'large', manifestUrl: repository.manifestUrl(image), datacenter: 'main' } });
      await expect.poll(async () => bucket.openUploads(), { timeout: 30_000 }).toHaveLength(1);
      const read = async () => (await admin.run('query ($id: ID!) { task(id: $id) { bytesDone } }', { id: importImage.task.id })).task.bytesDone as number;
      await expect.poll(read, { timeout: 30_000 }).toBeGreaterThan(2 * PART);
      await gateway.kill();
      repository.fail = {};
      gateway = await GatewayProcess.start(folder.path, settings);
      admin = new TestClient(gateway.url, admin.key);
      expect(await admin.ended(importImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
      const ranges = repository.requests.map(({ headers }) => headers.range).filter((range) => range !== undefined);
      expect(ranges).toHaveLength(1);
      expect(Number(/\d+/.exec(ranges[0]!)?.[0])).toBeGreaterThanOrEqual(PART);
      const file = await fetch(`${gateway.url}/imgapi/images/${image.manifest.uuid}/file`);
      expect(createHash('sha1').update(Buffer.from(await file.arrayBuffer())).digest('hex')).toBe(createHash('sha1').update(image.file).digest('hex'));
      expect((await bucket.names()).filter((name) => name.endsWith('/file'))).toHaveLength(1);
      expect(await bucket.openUploads()).toEqual([]);
    } finally {
      await gateway.kill();
      await repository.close();
      await folder.remove();
    }
  });
});

describe('an attempt that was frozen and wakes', () => {
  const right = randomBytes(3 * PART);

  /** Attempt 1 has brought two parts, and attempt 2 has taken them over. */
  async function takenOver() {
    const frozen = await store.openDraft(attempt(1));
    await write(frozen, right.subarray(0, 2 * PART));
    await frozen.flush();
    return { frozen, living: await store.openDraft(attempt(2)) };
  }

  it('can add nothing, before the later one is sealed and after', async () => {
    const { frozen, living } = await takenOver();
    const late = async (): Promise<void> => {
      await write(frozen, Buffer.alloc(PART, 7));
      await frozen.seal('{"late":true}');
    };
    await expect(late()).rejects.toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE', reason: 'NoSuchUpload' });
    await write(living, right.subarray(2 * PART));
    await living.seal('{}');
    await expect(frozen.seal('{"late":true}')).rejects.toMatchObject({ reason: 'NoSuchUpload' });
    await frozen.close();
    expect((await contentOf(2)).equals(right)).toBe(true);
    expect(await store.readManifest(attempt(2))).toBe('{}');
  });

  it('changes nothing when it begins anew and completes late; what it leaves is listed', async () => {
    const { frozen, living } = await takenOver();
    await frozen.restart();
    await write(frozen, Buffer.alloc(PART, 7));
    await write(living, right.subarray(2 * PART));
    await living.seal('{}');
    await frozen.seal('{"late":true}');
    expect((await contentOf(2)).equals(right)).toBe(true);
    const listed: string[] = [];
    for await (const key of store.listAttempts()) listed.push(nameOfKey(key));
    expect(listed.sort()).toEqual([nameOfKey(attempt(1)), nameOfKey(attempt(2))]);
    await store.remove(attempt(1));
    expect((await contentOf(2)).equals(right)).toBe(true);
  });

  it('has its whole file taken over when it completed before', async () => {
    const done = await store.openDraft(attempt(1));
    await write(done, right);
    await done.seal('{}');
    const living = await store.openDraft(attempt(2));
    expect(living.size).toBe(right.length);
    await living.seal('{"v":2}');
    expect((await contentOf(2)).equals(right)).toBe(true);
    expect(await bucket.names()).toEqual([`${nameOfKey(attempt(2))}/file`, `${nameOfKey(attempt(2))}/manifest`]);
  });
});
