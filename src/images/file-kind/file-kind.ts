import type { Readable } from 'node:stream';
import { MANIFEST_COMPRESSIONS } from '../../imgapi/manifest.js';
import { AppError } from '../../platform/errors.js';
import { readUpTo } from '../../platform/fetch/read-up-to.js';
import { decompressHead } from './decompress-head.js';
import { documentName } from './documents.js';
import { type Compression, compressionOf, type FileFormat, formatOf, type NamedFormat, TAIL_BYTES } from './signatures.js';

/** Enough for one block of bzip2, before whose end nothing of it can be decompressed. */
const SAMPLE_BYTES = 1024 * 1024;

/** What the bytes of an image file are, whatever its manifest says. A type, as tasks store it in their instructions. */
export type FileKind = {
  compression: Compression;
  format: FileFormat;
  /** The format in words, such as "a zip archive". */
  name: string;
};

/** What a manifest says of its file. */
export interface DeclaredFile {
  compression: string;
  /** The `type` of the manifest, such as `zvol`. */
  type: string;
}

/** Reads a part of a file; null or fewer bytes where it is not there. */
export type ReadPart = (start: number, length: number) => Promise<Readable | null>;

async function bytesAt(read: ReadPart, start: number, length: number): Promise<Buffer> {
  const stream = await read(start, length);
  return stream === null ? Buffer.alloc(0) : readUpTo(stream, length);
}

/**
 * Tells what a file of `size` bytes is by its start, and by its end where it is not compressed. Throws UNSUPPORTED_FORMAT for an HTML
 * page, XML or JSON, which web servers send in place of a file. `what` names the file in that error.
 */
export async function detectFileKind(what: string, size: number, read: ReadPart): Promise<FileKind> {
  const start = await bytesAt(read, 0, Math.min(size, SAMPLE_BYTES));
  const compression = compressionOf(start);
  const end = compression === 'none' && size >= TAIL_BYTES ? await bytesAt(read, size - TAIL_BYTES, TAIL_BYTES) : Buffer.alloc(0);
  return kindOf(what, start, end, 'gzip, bzip2, xz or zstd');
}

/** As `detectFileKind`, for the first bytes of a file whose end is not known. `compressions` are those that the error says are accepted. */
export async function detectByStart(what: string, start: Buffer, compressions: string): Promise<FileKind> {
  return kindOf(what, start, Buffer.alloc(0), compressions);
}

async function kindOf(what: string, start: Buffer, end: Buffer, compressions: string): Promise<FileKind> {
  const compression = compressionOf(start);
  const head = await decompressHead(compression, start);
  const document = documentName(head);
  if (document === null) return { compression, ...(compression !== 'none' && head.length === 0 ? undecompressed(compression) : formatOf(head, end)) };
  const within = compression === 'none' ? '' : ` in ${compression}`;
  throw new AppError('UNSUPPORTED_FORMAT', `${what} is ${document}${within}, as a server sends it in place of a file; accepted: a ZFS stream or a disk, plain or compressed with ${compressions}.`);
}

function undecompressed(compression: Compression): NamedFormat {
  return { format: 'UNKNOWN', name: `${compression} data of which no byte can be decompressed` };
}

function compressionWords(compression: string): string {
  return compression === 'none' ? 'not compressed' : `compressed with ${compression}`;
}

/** One sentence for each way in which a file differs from what its manifest says or nodes can install. */
export function fileKindWarnings(kind: FileKind, declared: DeclaredFile): string[] {
  const warnings: string[] = [];
  const isInstallable = MANIFEST_COMPRESSIONS.includes(kind.compression);
  if (kind.compression !== declared.compression) {
    const shown = isInstallable ? `; the image server shows ${kind.compression}` : '';
    warnings.push(`The manifest says that the file is ${compressionWords(declared.compression)}, but it is ${compressionWords(kind.compression)}${shown}.`);
  }
  if (!isInstallable) warnings.push(`Compute nodes cannot install the file: IMGAPI has no compression ${kind.compression}, so the image server leaves it out of the manifest. Compress the file with gzip, bzip2 or xz.`);
  const expected = declared.type === 'zvol' ? 'a ZFS stream or a raw disk' : 'a ZFS stream';
  const fits = kind.format === 'ZFS_STREAM' || (kind.format === 'RAW' && declared.type === 'zvol');
  if (!fits) warnings.push(`The manifest says ${declared.type}, whose file is ${expected}, but the file is ${kind.name} (${kind.format}); nodes may be unable to install it.`);
  return warnings;
}
