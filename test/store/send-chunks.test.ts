import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { sendChunks } from '../../src/platform/store/s3/read-object.js';

const MIB = 1024 * 1024;

it('keeps no byte in memory that was sent', async () => {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < 1000; at += 1) {
      yield Buffer.allocUnsafeSlow(MIB);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
  };
  await sendChunks(chunks, new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) }));
  expect(most).toBeLessThan(500 * MIB);
});
