import { isPlainText } from './documents.js';

/** Compressions that image manifests name, and zstd, which newer files have. */
const COMPRESSIONS = ['none', 'gzip', 'bzip2', 'xz', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What a file is once it is decompressed. */
export const FILE_FORMATS = ['ZFS_STREAM', 'RAW', 'QCOW2', 'VMDK', 'VHD', 'ISO', 'TAR', 'UNKNOWN'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** Bytes that stand at one offset of each file of a kind. `pattern` is hexadecimal; `..` is any byte. */
interface Signature<Kind> {
  kind: Kind;
  /** From the start of the file; a negative offset counts from its end. */
  offset: number;
  pattern: string;
}

/** A format, with the words by which people know it. */
export interface NamedFormat {
  format: FileFormat;
  name: string;
}

function text(characters: string): string {
  return Buffer.from(characters, 'latin1').toString('hex');
}

const COMPRESSION_SIGNATURES: readonly Signature<Compression>[] = [
  { kind: 'gzip', offset: 0, pattern: '1f8b08' },
  // Then comes a block, or the end of an empty file.
  { kind: 'bzip2', offset: 0, pattern: `${text('BZh')}..314159265359` },
  { kind: 'bzip2', offset: 0, pattern: `${text('BZh')}..177245385090` },
  { kind: 'xz', offset: 0, pattern: 'fd377a585a00' },
  { kind: 'zstd', offset: 0, pattern: '28b52ffd' },
  // The frame with which pzstd begins: it tells the size of the next one.
  { kind: 'zstd', offset: 0, pattern: '502a4d1804000000........28b52ffd' },
];

const ZFS_STREAM = { format: 'ZFS_STREAM', name: 'a ZFS stream' } as const;
const QCOW2 = { format: 'QCOW2', name: 'a QCOW disk' } as const;
const VMDK = { format: 'VMDK', name: 'a VMDK disk' } as const;
const VHD = { format: 'VHD', name: 'a VHD disk' } as const;
const ISO = { format: 'ISO', name: 'an ISO 9660 or UDF disc' } as const;
const TAR = { format: 'TAR', name: 'a tar archive, such as an OVA' } as const;
/** The bytes of a disk as they are. */
export const RAW = { format: 'RAW', name: 'a raw disk' } as const;

function other(name: string): NamedFormat {
  return { format: 'UNKNOWN', name };
}

/** The first that matches decides: discs and archives may carry a boot sector too. */
const FORMAT_SIGNATURES: readonly Signature<NamedFormat>[] = [
  // DRR_BEGIN, a length, and the magic number of a stream in either byte order.
  { kind: ZFS_STREAM, offset: 0, pattern: '00000000........accbbaf502000000' },
  { kind: ZFS_STREAM, offset: 0, pattern: '00000000........00000002f5bacbac' },
  { kind: QCOW2, offset: 0, pattern: `${text('QFI')}fb` },
  { kind: VMDK, offset: 0, pattern: text('KDMV') },
  { kind: VMDK, offset: 0, pattern: text('COWD') },
  { kind: VMDK, offset: 0, pattern: text('# Disk DescriptorFile') },
  { kind: VHD, offset: 0, pattern: text('conectix') },
  { kind: VHD, offset: -512, pattern: text('conectix') },
  { kind: other('a VHDX disk'), offset: 0, pattern: text('vhdxfile') },
  { kind: other('a VirtualBox disk'), offset: 64, pattern: '7f10dabe' },
  { kind: other('an Apple disk image'), offset: -512, pattern: text('koly') },
  { kind: ISO, offset: 0x8001, pattern: text('CD001') },
  { kind: ISO, offset: 0x8001, pattern: text('BEA01') },
  { kind: TAR, offset: 257, pattern: text('ustar') },
  { kind: other('a zip archive'), offset: 0, pattern: text('PK\x03\x04') },
  { kind: other('an empty zip archive'), offset: 0, pattern: text('PK\x05\x06') },
  { kind: other('a 7z archive'), offset: 0, pattern: '377abcaf271c' },
  { kind: other('a RAR archive'), offset: 0, pattern: text('Rar!\x1a\x07') },
  { kind: other('compressed with lzma'), offset: 0, pattern: '5d0000........' },
  { kind: other('compressed with compress (.Z)'), offset: 0, pattern: '1f9d' },
  { kind: other('compressed with lz4'), offset: 0, pattern: '04224d18' },
  { kind: other('compressed with lzip'), offset: 0, pattern: text('LZIP') },
  { kind: other('compressed with gzip once more'), offset: 0, pattern: '1f8b08' },
  { kind: other('compressed with bzip2 once more'), offset: 0, pattern: `${text('BZh')}..314159265359` },
  { kind: other('compressed with xz once more'), offset: 0, pattern: 'fd377a585a00' },
  { kind: other('compressed with zstd once more'), offset: 0, pattern: '28b52ffd' },
  { kind: other('a PDF document'), offset: 0, pattern: text('%PDF-') },
  { kind: other('a program (ELF)'), offset: 0, pattern: '7f454c46' },
  // Partition tables, boot sectors and file systems on a disk without partitions.
  { kind: RAW, offset: 510, pattern: '55aa' },
  { kind: RAW, offset: 508, pattern: 'dabe' },
  { kind: RAW, offset: 508, pattern: 'beda' },
  { kind: RAW, offset: 512, pattern: text('EFI PART') },
  { kind: RAW, offset: 4096, pattern: text('EFI PART') },
  { kind: RAW, offset: 1080, pattern: '53ef' },
  { kind: RAW, offset: 0, pattern: text('XFSB') },
  { kind: RAW, offset: 65_600, pattern: text('_BHRfS_M') },
  { kind: RAW, offset: 0, pattern: text('LUKS\xba\xbe') },
  { kind: RAW, offset: 512, pattern: text('LABELONE') },
  { kind: RAW, offset: 4086, pattern: text('SWAPSPACE2') },
  { kind: RAW, offset: 9564, pattern: '54190100' },
  { kind: RAW, offset: 9564, pattern: '00011954' },
  { kind: RAW, offset: 32, pattern: text('NXSB') },
  { kind: RAW, offset: 1024, pattern: text('H+') },
  { kind: RAW, offset: 0, pattern: text('hsqs') },
  // An uberblock of ZFS, in either byte order.
  { kind: RAW, offset: 131_072, pattern: '0cb1ba0000000000' },
  { kind: RAW, offset: 131_072, pattern: '0000000000bab10c' },
];

/** How many bytes from the start of a file the signatures look at, after decompression. */
export const HEAD_BYTES = 136 * 1024;
/** How many bytes at the end of a file the signatures look at. */
export const TAIL_BYTES = 512;

function matches({ offset, pattern }: Signature<unknown>, head: Buffer, tail: Buffer): boolean {
  const bytes = offset < 0 ? tail.subarray(Math.max(0, tail.length + offset)) : head.subarray(offset);
  const length = pattern.length / 2;
  if (bytes.length < length || (offset < 0 && tail.length < -offset)) return false;
  for (let at = 0; at < length; at += 1) {
    const wanted = pattern.slice(at * 2, at * 2 + 2);
    if (wanted !== '..' && bytes[at] !== Number.parseInt(wanted, 16)) return false;
  }
  return true;
}

/** The compression that the first 10 bytes of a file show; `none` for all that is not compressed or is so in another way. */
export function compressionOf(head: Buffer): Compression {
  return COMPRESSION_SIGNATURES.find((signature) => matches(signature, head, Buffer.alloc(0)))?.kind ?? 'none';
}

/**
 * Tells the format by the decompressed first HEAD_BYTES of a file, and by its last TAIL_BYTES where they are known (else empty).
 * A disk that begins with HEAD_BYTES of zeros is raw.
 */
export function formatOf(head: Buffer, tail: Buffer): NamedFormat {
  const found = FORMAT_SIGNATURES.find((signature) => matches(signature, head, tail))?.kind;
  if (found !== undefined) return found;
  if (head.length === 0) return other('empty');
  if (head.length >= 512 && head.every((byte) => byte === 0)) return RAW;
  return other(isPlainText(head) ? 'a plain text' : 'of no format that the gateway knows');
}
