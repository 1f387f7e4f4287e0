import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { digestStream, verifyDigest } from '../../../src/images/import/download/verify.js';

const ABC = {
  size: 3,
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  md5: '900150983cd24fb0d6963f7d28e17f72',
};

describe('the digest of a stream', () => {
  it('has the published test values and tells its progress', async () => {
    const progress: number[] = [];
    const stream = Readable.from([Buffer.from('a'), Buffer.from('bc')]);
    expect(await digestStream(stream, { onProgress: (done) => progress.push(done) })).toEqual(ABC);
    expect(progress).toEqual([1, 3]);
  });

  it('ends with the reason of an abort', async () => {
    const cancel = new AbortController();
    const endless = new Readable({ read: () => undefined });
    const digest = digestStream(endless, { signal: cancel.signal });
    cancel.abort(new Error('cancelled'));
    await expect(digest).rejects.toThrow('cancelled');
    expect(endless.destroyed).toBe(true);
  });

  it('fails as its stream fails', async () => {
    const broken = new Readable({ read() { this.destroy(new Error('bad sector')); } });
    await expect(digestStream(broken)).rejects.toThrow('bad sector');
  });
});

describe('verifying', () => {
  it('accepts the expected file, whatever the case of its checksum', () => {
    expect(() => verifyDigest(ABC, { size: 3, sha1: ABC.sha1.toUpperCase() })).not.toThrow();
  });

  it('names expected and actual when it refuses', () => {
    const other = 'f'.repeat(40);
    expect(() => verifyDigest(ABC, { size: 3, sha1: other })).toThrow(new RegExp(`${ABC.sha1}.*${other}`));
    expect(() => verifyDigest(ABC, { size: 4, sha1: ABC.sha1 })).toThrow('The file has 3 bytes, the manifest says 4.');
  });
});
