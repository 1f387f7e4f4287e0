// Runs in a worker thread, as these decompressors are JavaScript and WebAssembly and block their thread. It imports no other file of
// ours and uses erasable syntax only, so that Node can start it from the source as well as from the build.
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

/** Bytes to read or to write, one by one. */
interface ByteStream {
  /** -1 at the end. */
  readByte(): number;
  eof(): boolean;
  writeByte(byte: number): void;
}

interface Bunzip {
  Stream: new () => Pick<ByteStream, 'readByte' | 'eof'>;
  decode(input: Pick<ByteStream, 'readByte' | 'eof'>, output: Pick<ByteStream, 'writeByte'>): void;
}

const require = createRequire(import.meta.url);
// Packages in CommonJS, whose names Node cannot import; the first has no types.
const bunzip = require('seek-bzip') as Bunzip;
const { XzReadableStream } = require('xz-decompress') as typeof import('xz-decompress');

const port = parentPort;
if (port === null) throw new Error('decompress-thread runs in a worker thread only');
const { compression, bytes, limit } = workerData as { compression: 'bzip2' | 'xz'; bytes: Uint8Array<ArrayBuffer>; limit: number };

port.postMessage(compression === 'bzip2' ? firstBlock() : await firstChunks());
port.close();

/** The output up to the limit, or up to the block that is not whole. */
function firstBlock(): Uint8Array {
  const output = new Uint8Array(limit);
  let [read, written] = [0, 0];
  const source = new bunzip.Stream();
  source.readByte = (): number => bytes[read++] ?? -1;
  source.eof = (): boolean => read >= bytes.length;
  const full = new Error('enough');
  const writeByte = (byte: number): void => {
    if (written === limit) throw full;
    output[written++] = byte;
  };
  try {
    bunzip.decode(source, { writeByte });
  } catch {
    // The limit, the end of the input, or data that are damaged: what came before it counts.
  }
  return output.subarray(0, written);
}

async function firstChunks(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = new XzReadableStream(new Blob([bytes]).stream()).getReader();
  try {
    while (size < limit) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value.slice());
      size += value.length;
    }
  } catch {
    // The end of the input, or data that are damaged: what came before it counts.
  }
  return new Uint8Array(Buffer.concat(chunks).subarray(0, limit));
}
