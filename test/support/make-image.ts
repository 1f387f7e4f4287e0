import { createHash, randomBytes, randomUUID } from 'node:crypto';

export interface MakeImage {
  uuid?: string;
  name?: string;
  version?: string;
  type?: string;
  os?: string;
  /** Bytes of the file. */
  size?: number;
  /** The file itself; else random bytes that begin as a disk or a ZFS stream does. */
  bytes?: Buffer;
  /** Fields of the manifest to set or, with undefined, to leave out. */
  manifest?: Record<string, unknown>;
}

export interface PublishedImage {
  manifest: Record<string, unknown> & { uuid: string };
  file: Buffer;
}

const ZFS_STREAM_HEAD = Buffer.from('0000000000000000accbbaf502000000', 'hex');

/** Random bytes that look like the file of an image of that type: a disk with a boot sector, or a ZFS stream. */
function randomFile(type: string, size: number): Buffer {
  const file = randomBytes(size);
  if (type !== 'zvol') ZFS_STREAM_HEAD.copy(file);
  else if (size >= 512) file.set([0x55, 0xaa], 510);
  // A jump, as boot sectors begin: never the start of an archive or a text.
  if (type === 'zvol' && size > 0) file[0] = 0xeb;
  return file;
}

/** An image as a repository offers it: random bytes, and a valid manifest with their checksum and size. */
export function makeImage(options: MakeImage = {}): PublishedImage {
  const { uuid = randomUUID(), name = 'debian-12', version = '1.0.0', type = 'zvol', os = 'linux', bytes: file = randomFile(type, options.size ?? 4096) } = options;
  const size = file.length;
  const disk = type === 'zvol' ? { nic_driver: 'virtio', disk_driver: 'virtio', cpu_type: 'host', image_size: 10_240 } : {};
  const manifest = {
    v: 2,
    uuid,
    owner: '00000000-0000-0000-0000-000000000000',
    name,
    version,
    state: 'active',
    disabled: false,
    public: true,
    published_at: '2026-03-26T18:08:07.539Z',
    type,
    os,
    files: [{ sha1: createHash('sha1').update(file).digest('hex'), size, compression: 'none' }],
    description: `The image ${name}`,
    ...disk,
    ...options.manifest,
  };
  return { manifest, file };
}
