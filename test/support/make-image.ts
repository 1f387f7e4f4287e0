import { createHash, randomBytes, randomUUID } from 'node:crypto';

export interface MakeImage {
  uuid?: string;
  name?: string;
  version?: string;
  type?: string;
  os?: string;
  /** Bytes of the file. */
  size?: number;
  /** Fields of the manifest to set or, with undefined, to leave out. */
  manifest?: Record<string, unknown>;
}

export interface PublishedImage {
  manifest: Record<string, unknown> & { uuid: string };
  file: Buffer;
}

/** An image as a repository offers it: random bytes, and a valid manifest with their checksum and size. */
export function makeImage(options: MakeImage = {}): PublishedImage {
  const { uuid = randomUUID(), name = 'debian-12', version = '1.0.0', type = 'zvol', os = 'linux', size = 4096 } = options;
  const file = randomBytes(size);
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
