import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchFile } from '../../src/imgapi/fetch-file.js';
import { GuardedFetch } from '../../src/platform/fetch/fetch.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';

let fetch: GuardedFetch;
let repository: ImgapiRepository;

beforeEach(async () => {
  fetch = new GuardedFetch({ allow: [] });
  repository = await startImgapiRepository({ images: [makeImage({ name: 'one' })], prefix: '/a/prefix' });
});
afterEach(async () => {
  await fetch.close();
  await repository.close();
});

function trusted(): { trustedHosts: ReadonlySet<string> } {
  return { trustedHosts: new Set([repository.host]) };
}

describe('fetchFile', () => {
  const fileOf = (): string => `${repository.manifestUrl(repository.images[0] ?? makeImage())}/file`;

  it('reads the whole file, and the rest of it', async () => {
    const whole = await fetchFile(fetch, fileOf(), trusted());
    const bytes = Buffer.concat(await whole.body.toArray());
    expect(bytes.equals(repository.images[0]?.file ?? Buffer.alloc(0))).toBe(true);
    const rest = await fetchFile(fetch, fileOf(), { ...trusted(), offset: 4000, ifRange: whole.headers.etag ?? '' });
    expect([rest.status, Buffer.concat(await rest.body.toArray()).equals(bytes.subarray(4000))]).toEqual([206, true]);
  });

  it('gets the whole file when it is not the one begun', async () => {
    const { status, body } = await fetchFile(fetch, fileOf(), { ...trusted(), offset: 10, ifRange: '"other"' });
    expect([status, (await body.toArray()).reduce((sum: number, part: Buffer) => sum + part.length, 0)]).toEqual([200, 4096]);
  });

  it('a connection that breaks is an error of the body, once', async () => {
    repository.fail.file = { cut: 1 };
    const { body } = await fetchFile(fetch, fileOf(), trusted());
    await expect(text(body)).rejects.toThrow('other side closed');
    const again = await fetchFile(fetch, fileOf(), trusted());
    expect((await again.body.toArray()).length).toBeGreaterThan(0);
  });
});
