import { describe, expect, it } from 'vitest';
import { openStore, openStoreMark, type StoreLocation } from '../../src/platform/store/open-store.js';
import type { S3Location } from '../../src/platform/store/s3/s3-location.js';
import { GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { realBucket } from '../support/s3-store.js';

async function refusal(location: StoreLocation): Promise<string> {
  const store = await openStore(location, { identity: null, isSoleOwner: false });
  const error = await store.check().then(() => null, (fault: unknown) => fault);
  expect(error).toMatchObject({ code: 'IMAGE_SERVER_UNAVAILABLE' });
  return (error as Error).message;
}

describe('an object storage that refuses', () => {
  it('is told with the store and the reason', async () => {
    const { location } = realBucket();
    const bucket = 'there-is-no-such-bucket-anywhere-here';
    expect(await refusal({ ...location, bucket })).toMatch(/^The image store s3:\/\/there-is-no-such-bucket-anywhere-here\/\S+ cannot be used: there is no such bucket/);
    expect(await (await openStoreMark({ ...location, bucket })).exists()).toBe(false);
  });

  it('shows neither the keys nor the signature when they are wrong', async () => {
    const { location } = realBucket();
    const right = process.env['AWS_SECRET_ACCESS_KEY'];
    process.env['AWS_SECRET_ACCESS_KEY'] = 'a-wrong-secret-key-of-some-length';
    try {
      const message = await refusal(location);
      expect(message).toMatch(/access is denied|the secret key is not that of the access key/);
      expect(message).not.toMatch(/a-wrong-secret|Signature=|Credential=/);
      const mark = await openStoreMark(location);
      await expect(mark.readId()).rejects.toMatchObject({ message: expect.stringContaining('the secret key is not that of the access key') as string });
    } finally {
      process.env['AWS_SECRET_ACCESS_KEY'] = right;
    }
  });

  it('compares the checksum of what it gets', async () => {
    const { objects, uploads, keys, location } = realBucket();
    const upload = await uploads.begin(keys.object({ uuid: '11111111-1111-4111-8111-111111111111', attempt: null }, 'file'));
    const wrong = async (): Promise<unknown> =>
      objects.bucket.ask(async (client, options) => {
        const { UploadPartCommand } = await import('@aws-sdk/client-s3');
        return client.send(new UploadPartCommand({ Bucket: location.bucket, Key: upload.name, UploadId: upload.id, PartNumber: 1, Body: Buffer.from('bytes'), ContentMD5: Buffer.alloc(16).toString('base64') }), options);
      });
    await expect(wrong()).rejects.toMatchObject({ reason: 'BadDigest' });
    await uploads.abort(upload);
  });
});

describe('a gateway whose storage is another one', () => {
  it('says STORE_MISMATCH, and imports nothing into it', async () => {
    const [own, foreign] = [realBucket(), realBucket()];
    const image = makeImage({ name: 'one', version: '1', size: 5000 });
    const repository = await startImgapiRepository({ images: [image] });
    const settings = (location: { url: string }) => ({ ...own.credentials, IMAGE_STORE: location.url });
    let { gateway, admin, folder } = await startFresh(settings(own));
    const send = async (name: string) => admin.send('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input: { name, manifestUrl: repository.manifestUrl(image), datacenter: 'main' } });
    try {
      const { data } = await send('one');
      await admin.ended(data?.importImage.task.id as string);
      await gateway.stop();
      gateway = await GatewayProcess.start(folder.path, settings(foreign));
      admin = new TestClient(gateway.url, admin.key);
      expect(await admin.code('mutation { deleteImage(input: { name: "one" }) { task { id } } }')).toBe('STORE_MISMATCH');
      expect(await foreign.names()).toEqual([]);
    } finally {
      await gateway.kill();
      await repository.close();
      await folder.remove();
      await own.clear();
      await foreign.clear();
    }
  });

  it('is told apart by an id that only one can write', async () => {
    const { location, clear, names } = realBucket();
    const marks = await Promise.all([1, 2, 3].map(async () => openStoreMark(location as S3Location)));
    const ids = await Promise.all(marks.map(async (mark, at) => mark.writeId(`id-${at}`)));
    expect(new Set(ids).size).toBe(1);
    expect(await names()).toEqual(['.store-id']);
    await clear();
  });
});
