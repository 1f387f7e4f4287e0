import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { detectByStart, detectFileKind, type FileKind, fileKindWarnings } from '../../../src/images/file-kind/file-kind.js';

const TEXT = 'This is a plain text, and no disk.\n';
// The tools bzip2 and xz wrote these: 20 times that text, a page, and 4096 bytes that begin with a boot sector.
const TEXT_BZIP2 = 'QlpoOTFBWSZTWby0vv0AAG3TgAAQQAUEACZtzEAgAJAppkYmJiBSqEyYh6E0J0T0TBMybk3JgnZME4JyTomRNSZE1J9J7JoTBOCck7J2TYmxOCZE0KvCZk8J/F3JFOFCQvLS+/Q=';
const PAGE_XZ = '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AAzAC5dAB4IRQbQ76goF1nZqfXqpyU+xWwYHXmB5wImxU/eEosFq6Jv5aUs+YCk1Fjf/QAAAACqBVHIf5fUfgABSjQR5qQLH7bzfQEAAAAABFla';
const DISK_BZIP2 = 'QlpoOTFBWSZTWTsJOzUAAAfCEMAQAgAAEAAIIAAwzQCKYmF1lBHtADxdyRThQkDsJOzU';
const DISK_XZ = '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4A//AB9dAABv/f6jTaaK9F+YSdfdA3h3xopwAEjwJsrxuadmOAAAABnvYc6mZw9AAAE7gCAAAAAfPDy8scRn+wIAAAAABFla';
// The same disk with 400,000 bytes, whose blocks have checks of SHA-256; and 4096 bytes of it through the filter for x86 programs.
const DISK_XZ_SHA256 = '/Td6WFoAAArh+wyhAgAhARwAAAAQz1jM5hp/AIVdAHXv+76iSbQupcrw9zbsVAy2J1Gk0vNnjgV3sib2O2ScvN7n/7i3EpXJIgfjJIQ/7B300vyU+MDC2/+9XODMnBW7HME2qD8lLabHL9/5yQKXVicAXfKIMebJw9Q8kT4cgKXGPpQoZnXOsecmI6j4BovZ9X/WDRs/fXergxQhbtHDNMHAAAAAAAAAR+r/x/iSDlKzRnwynoi8bNkb8aEeVGngvQkhnvT4y6AAAbkBgLUYAEmtJ2+26d8cAgAAAAAKWVo=';
const DISK_XZ_FILTERED = '/Td6WFoAAATm1rRGAgEEACEBFgANhjUf4A//AB9dAHXv+76iSbOMcd+YSdfdA3h3xopwAEjwJsrxuadmOAAAAKxJ8uCjchEjAAE7gCAAAAAfPDy8scRn+wIAAAAABFla';

function base64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

/** Bytes that hold `parts` at the offsets. */
function bytes(size: number, parts: Readonly<Record<number, string | readonly number[]>>): Buffer {
  const all = Buffer.alloc(size, 7);
  for (const [at, part] of Object.entries(parts)) all.set(typeof part === 'string' ? Buffer.from(part, 'latin1') : part, Number(at));
  return all;
}

const disk = bytes(4096, { 510: [0x55, 0xaa] });
const zfs = bytes(1000, { 0: [0, 0, 0, 0, 0, 0, 0, 0, 0xac, 0xcb, 0xba, 0xf5, 2, 0, 0, 0] });

async function kindOf(file: Buffer): Promise<FileKind> {
  return detectFileKind('The file', file.length, async (start, length) => Readable.from([file.subarray(start, start + length)]));
}

describe('the kind of a file', () => {
  it.each<[string, Buffer, string, string]>([
    ['a ZFS stream', zfs, 'none', 'ZFS_STREAM'],
    ['a ZFS stream of the other byte order', bytes(1000, { 0: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0xf5, 0xba, 0xcb, 0xac] }), 'none', 'ZFS_STREAM'],
    ['a ZFS stream in gzip', gzipSync(zfs), 'gzip', 'ZFS_STREAM'],
    ['a disk in gzip that ends early', gzipSync(Buffer.concat([disk, zfs])).subarray(0, 60), 'gzip', 'RAW'],
    ['a disk in zstd', zstdCompressSync(disk), 'zstd', 'RAW'],
    ['a disk in bzip2', base64(DISK_BZIP2), 'bzip2', 'RAW'],
    ['a disk in xz', base64(DISK_XZ), 'xz', 'RAW'],
    ['a disk in xz with other checks', base64(DISK_XZ_SHA256), 'xz', 'RAW'],
    ['a disk in zstd that pzstd wrote', Buffer.concat([Buffer.from('502a4d180400000000010000', 'hex'), zstdCompressSync(disk)]), 'zstd', 'RAW'],
    ['a disk with a GPT', bytes(4096, { 512: 'EFI PART' }), 'none', 'RAW'],
    ['a file system without partitions', bytes(4096, { 1080: [0x53, 0xef] }), 'none', 'RAW'],
    ['an empty disk', Buffer.alloc(200_000), 'none', 'RAW'],
    ['a qcow2', bytes(1000, { 0: 'QFI\xfb' }), 'none', 'QCOW2'],
    ['a vmdk', bytes(1000, { 0: 'KDMV' }), 'none', 'VMDK'],
    ['the descriptor of a vmdk', bytes(600, { 0: '# Disk DescriptorFile\nversion=1' }), 'none', 'VMDK'],
    ['a dynamic vhd', bytes(1000, { 0: 'conectix' }), 'none', 'VHD'],
    ['a fixed vhd, which its end shows', bytes(200_512, { 510: [0x55, 0xaa], 200_000: 'conectix' }), 'none', 'VHD'],
    ['an iso that also boots from a disk', bytes(40_000, { 510: [0x55, 0xaa], 0x8001: 'CD001' }), 'none', 'ISO'],
    ['an iso in gzip', gzipSync(bytes(40_000, { 0x8001: 'CD001' })), 'gzip', 'ISO'],
    ['an OVA', bytes(2048, { 257: 'ustar' }), 'none', 'TAR'],
    ['an Apple disk image', bytes(2048, { 1536: 'koly' }), 'none', 'UNKNOWN'],
    ['a zip', bytes(1000, { 0: 'PK\x03\x04' }), 'none', 'UNKNOWN'],
    ['lzma', base64('XQAAgAD//////////wAqGgknZByHik/J9yaemrPacwF7u3zpmQW8MXQZ+wEyAHLW6sdbvvKfsmOPo///RbgAAA=='), 'none', 'UNKNOWN'],
    ['compress', bytes(1000, { 0: [0x1f, 0x9d, 0x90] }), 'none', 'UNKNOWN'],
    ['a text in bzip2', base64(TEXT_BZIP2), 'bzip2', 'UNKNOWN'],
    ['gzip in gzip', gzipSync(gzipSync(disk)), 'gzip', 'UNKNOWN'],
    ['damaged bzip2', Buffer.concat([base64(DISK_BZIP2).subarray(0, 20), Buffer.alloc(40)]), 'bzip2', 'UNKNOWN'],
    ['damaged xz', Buffer.concat([base64(DISK_XZ).subarray(0, 20), Buffer.alloc(40)]), 'xz', 'UNKNOWN'],
    ['no byte at all', Buffer.alloc(0), 'none', 'UNKNOWN'],
    ['noise', bytes(5000, {}), 'none', 'UNKNOWN'],
  ])('is told of %s', async (_what, file, compression, format) => {
    expect(await kindOf(file)).toMatchObject({ compression, format });
  });

  it.each<[string, string | Buffer, string]>([
    ['an HTML page', '<!DOCTYPE html>\n<html><body>Not found</body></html>', 'an HTML page'],
    ['a page after a byte order mark and spaces', '\uFEFF \r\n<HTML lang="en">', 'an HTML page'],
    ['a page of XHTML', '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">', 'an HTML page'],
    ['the error of an object store', '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>', 'an XML document'],
    ['a page after a comment', '<!-- cached -->\n<!-- by -- a proxy -->\n<p>Not found</p>', 'an HTML page'],
    ['a page without a head', '<center><h1>403 Forbidden</h1></center>', 'an HTML page'],
    ['a page in UTF-16', Buffer.from('\uFEFF<!DOCTYPE html><html></html>', 'utf16le'), 'an HTML page'],
    ['a page in Latin-1', Buffer.from('<html><body>G\xe4ste</body></html>', 'latin1'), 'an HTML page'],
    ['a list of an object store', '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListBucketResult>', 'an XML document'],
    ['a JSON string', '"not found"\n', 'a JSON text'],
    ['null', 'null', 'a JSON text'],
    ['a list of booleans', '[ true, false ]', 'a JSON text'],
    ['an error of IMGAPI', '{"code":"ResourceNotFound","message":"image not found"}', 'a JSON text'],
    ['a list', '[{"uuid":"x"}]', 'a JSON text'],
    ['a page in gzip', gzipSync('<html></html>'), 'an HTML page in gzip'],
    ['a page in xz', base64(PAGE_XZ), 'an HTML page in xz'],
  ])('is refused for %s', async (_what, file, name) => {
    await expect(detectByStart('The file of image web', typeof file === 'string' ? Buffer.from(file) : file, 'gzip')).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT', message: expect.stringContaining(`The file of image web is ${name}, as a server sends it`) });
  });

  it('is not fooled by disks that begin like a text', async () => {
    expect(await kindOf(bytes(4096, { 0: '{"', 2: [0, 1], 510: [0x55, 0xaa] }))).toMatchObject({ format: 'RAW' });
    expect(await kindOf(Buffer.from(TEXT.repeat(20)))).toMatchObject({ format: 'UNKNOWN' });
  });

  it.each<[string, Buffer, string]>([
    ['a file of no byte', Buffer.alloc(0), 'empty'],
    ['a text', Buffer.from(TEXT.repeat(100)), 'a plain text'],
    ['a number, which may be anything', Buffer.from('1234567890'), 'a plain text'],
    ['bytes that are no control characters and no text', Buffer.alloc(5000, 0xff), 'of no format that the gateway knows'],
    ['xz that cannot be decompressed', base64(DISK_XZ_FILTERED), 'xz data of which no byte can be decompressed'],
    ['gzip that ends in its header', gzipSync(disk).subarray(0, 11), 'gzip data of which no byte can be decompressed'],
  ])('is worded for %s', async (_what, file, name) => {
    expect(await kindOf(file)).toMatchObject({ format: 'UNKNOWN', name });
  });

  it('ends decompression at what the signatures look at', async () => {
    expect(await kindOf(gzipSync(Buffer.alloc(64 * 1024 * 1024)))).toMatchObject({ compression: 'gzip', format: 'RAW' });
  });
});

describe('the warnings', () => {
  const zvol = { compression: 'gzip', type: 'zvol' };

  it('are none where the file is what the manifest says', () => {
    expect(fileKindWarnings({ compression: 'gzip', format: 'RAW', name: 'a raw disk' }, zvol)).toEqual([]);
    expect(fileKindWarnings({ compression: 'gzip', format: 'ZFS_STREAM', name: 'a ZFS stream' }, { compression: 'gzip', type: 'lx-dataset' })).toEqual([]);
  });

  it('name both where it is not', () => {
    expect(fileKindWarnings({ compression: 'none', format: 'QCOW2', name: 'a QCOW disk' }, zvol)).toEqual([
      'The manifest says that the file is compressed with gzip, but it is not compressed; the image server shows none.',
      'The manifest says zvol, whose file is a ZFS stream or a raw disk, but the file is a QCOW disk (QCOW2); nodes may be unable to install it.',
    ]);
    expect(fileKindWarnings({ compression: 'gzip', format: 'RAW', name: 'a raw disk' }, { compression: 'gzip', type: 'zone-dataset' })).toHaveLength(1);
  });

  it('say that nodes cannot install what IMGAPI has no compression for', () => {
    expect(fileKindWarnings({ compression: 'zstd', format: 'RAW', name: 'a raw disk' }, zvol)).toEqual([
      'The manifest says that the file is compressed with gzip, but it is compressed with zstd.',
      'Compute nodes cannot install the file: IMGAPI has no compression zstd, so the image server leaves it out of the manifest. Compress the file with gzip, bzip2 or xz.',
    ]);
  });
});
