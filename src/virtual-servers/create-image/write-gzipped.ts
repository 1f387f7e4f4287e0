import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { detectByStart, type FileKind } from '../../images/file-kind/file-kind.js';
import { HEAD_BYTES, RAW } from '../../images/file-kind/signatures.js';
import { AppError } from '../../platform/errors.js';

/** Larger chunks pass between the threads less often, and are still small beside the buffers of the streams. */
const GZIP_CHUNK_BYTES = 256 * 1024;
/** A ZFS stream has headers besides the blocks of the disk: more of them, the smaller the blocks are. */
const ZFS_OVERHEAD = { factor: 2, bytes: 16 * 1024 * 1024 };

export interface SnapshotData {
  /** The name of the source in messages, such as "snapshot daily of disk 1 of server web01". */
  what: string;
  /** Bytes that the disk holds; more are refused. */
  diskBytes: number;
  chunks: AsyncGenerator<Buffer>;
  /** Takes the compressed bytes, with back-pressure. */
  write: (compressed: Buffer) => Promise<unknown>;
}

/** What was written, besides the bytes. */
export interface WrittenData {
  kind: FileKind;
  /** Before compression. */
  diskBytes: number;
}

function refusal(what: string, reason: string): AppError {
  return new AppError('FILE_UNREACHABLE', `The data of ${what} cannot be used: ${reason}.`);
}

async function takeStart(chunks: AsyncGenerator<Buffer>): Promise<Buffer[]> {
  const start: Buffer[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    start.push(value);
    size += value.length;
  }
  return start;
}

async function* withStart(start: readonly Buffer[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield* start;
  yield* rest;
}

/** Counts bytes, and refuses more than the disk of the snapshot holds. */
class DiskMeter {
  bytes = 0;
  readonly #limit: number;

  constructor(private readonly what: string, private readonly diskBytes: number, { format }: FileKind) {
    this.#limit = format === 'ZFS_STREAM' ? diskBytes * ZFS_OVERHEAD.factor + ZFS_OVERHEAD.bytes : diskBytes;
  }

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > this.#limit) throw refusal(this.what, `they are more than the ${this.diskBytes} bytes that the disk holds`);
  }
}

async function compress(chunks: AsyncGenerator<Buffer>, meter: DiskMeter, write: SnapshotData['write']): Promise<void> {
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      meter.add(chunk);
      yield chunk;
    }
  }
  await pipeline(counted(), createGzip({ chunkSize: GZIP_CHUNK_BYTES }), async (compressed: AsyncIterable<Buffer>) => {
    for await (const chunk of compressed) await write(chunk);
  });
}

/** Stores gzip data as they are, and decompresses them only to count and to see that they are whole. */
async function copyGzip(chunks: AsyncGenerator<Buffer>, meter: DiskMeter, { what, write }: SnapshotData): Promise<void> {
  async function* written(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      await write(chunk);
      yield chunk;
    }
  }
  try {
    await pipeline(written(), createGunzip({ chunkSize: GZIP_CHUNK_BYTES }), async (decompressed: AsyncIterable<Buffer>) => {
      for await (const chunk of decompressed) meter.add(chunk);
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('Z_')) throw error;
    throw refusal(what, `they are gzip data that are damaged or end early (${code})`);
  }
}

/** As many bytes as the disk has are a raw disk, also one without partitions and boot sector. */
function isWholeDisk({ format }: FileKind, bytes: number, diskBytes: number): boolean {
  return format === 'UNKNOWN' && bytes === diskBytes;
}

/**
 * Writes the data of a snapshot as gzip: raw data compressed, gzip data as they are. Throws UNSUPPORTED_FORMAT for a page or JSON text
 * and for data in another compression, FILE_UNREACHABLE for more bytes than the disk holds and for gzip data that are not whole.
 */
export async function writeGzipped(data: SnapshotData): Promise<WrittenData> {
  const { what, diskBytes, chunks, write } = data;
  const start = await takeStart(chunks);
  const kind = await detectByStart(`The data of ${what}`, Buffer.concat(start), 'gzip');
  if (kind.compression !== 'none' && kind.compression !== 'gzip') {
    throw new AppError('UNSUPPORTED_FORMAT', `The data of ${what} are compressed with ${kind.compression}; accepted: a ZFS stream or the bytes of the disk, plain or compressed with gzip.`);
  }
  const meter = new DiskMeter(what, diskBytes, kind);
  const all = withStart(start, chunks);
  await (kind.compression === 'gzip' ? copyGzip(all, meter, data) : compress(all, meter, write));
  return { kind: { ...kind, ...(isWholeDisk(kind, meter.bytes, diskBytes) && RAW), compression: 'gzip' }, diskBytes: meter.bytes };
}
