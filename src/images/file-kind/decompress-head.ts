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

/** pzstd puts a frame before each frame of data, with a magic number and a length of its own. */
const SKIPPABLE_FRAME = { magic: 0x18_4d_2a_50, headerBytes: 8 };

/** From the first frame of data on: the decompressor ends with the first frame. */
function withoutSkippableFrame(bytes: Buffer): Buffer {
  const { magic, headerBytes } = SKIPPABLE_FRAME;
  return bytes.readUInt32LE(0) === magic ? bytes.subarray(headerBytes + bytes.readUInt32LE(4)) : bytes;
}

/** An xz header that announces no checks, with its own checksum. */
const XZ_WITHOUT_CHECKS = Buffer.from('fd377a585a000000ff12d941', 'hex');
const XZ_CHECK_BYTE = 7;
/** None, CRC32 and CRC64: the decompressor refuses files with any other check, such as SHA-256. */
const XZ_KNOWN_CHECKS: ReadonlySet<number | undefined> = new Set([0, 1, 4]);

/** The checks come after the blocks, so the head can be read without them. */
function withReadableChecks(bytes: Buffer): Buffer {
  if (XZ_KNOWN_CHECKS.has(bytes.at(XZ_CHECK_BYTE))) return bytes;
  return Buffer.concat([XZ_WITHOUT_CHECKS, bytes.subarray(XZ_WITHOUT_CHECKS.length)]);
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
      return throughZlib(createZstdDecompress(), withoutSkippableFrame(bytes));
    case 'xz':
      return throughThread(compression, withReadableChecks(bytes));
    default:
      return throughThread(compression, bytes);
  }
}
