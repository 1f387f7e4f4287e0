import { Worker } from 'node:worker_threads';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type Compression, HEAD_BYTES } from './signatures.js';

const THREAD = new URL(import.meta.url.endsWith('.ts') ? './decompress-thread.ts' : './decompress-thread.js', import.meta.url);
/** A block of a hostile file may take long: what it is then stays unknown. */
const TIME_LIMIT_MS = 10_000;
const MEMORY = { maxOldGenerationSizeMb: 64 };

async function throughZlib(stream: ReturnType<typeof createGunzip | typeof createZstdDecompress>, bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.end(bytes);
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size >= HEAD_BYTES) break;
    }
  } catch {
    // The end of the bytes, or data that are damaged: what came before it counts.
  }
  return Buffer.concat(chunks).subarray(0, HEAD_BYTES);
}

async function throughThread(compression: Compression, bytes: Buffer): Promise<Buffer> {
  // execArgv: the flags of a test runner or debugger are not for this thread.
  const worker = new Worker(THREAD, { execArgv: [], workerData: { compression, bytes: new Uint8Array(bytes), limit: HEAD_BYTES }, resourceLimits: MEMORY });
  const answer = new Promise<Uint8Array>((resolve) => {
    const nothing = (): void => resolve(new Uint8Array());
    worker.once('message', resolve);
    worker.once('error', nothing);
    worker.once('exit', nothing);
    setTimeout(nothing, TIME_LIMIT_MS).unref();
  });
  const head = Buffer.from(await answer);
  await worker.terminate();
  return head;
}

/** Decompresses the start of a file, to at most HEAD_BYTES; to fewer, or to none, where the bytes end early or are damaged. */
export async function decompressHead(compression: Compression, bytes: Buffer): Promise<Buffer> {
  switch (compression) {
    case 'none':
      return bytes.subarray(0, HEAD_BYTES);
    case 'gzip':
      return throughZlib(createGunzip(), bytes);
    case 'zstd':
      return throughZlib(createZstdDecompress(), bytes);
    default:
      return throughThread(compression, bytes);
  }
}
