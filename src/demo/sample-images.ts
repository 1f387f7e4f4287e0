import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** An image of the sample repository. */
export interface SampleImage {
  manifest: Record<string, unknown> & { uuid: string; name: string };
  file: Buffer;
}

interface Recipe {
  name: string;
  version: string;
  type: string;
  os: string;
  description: string;
  sizeKiB: number;
  tags?: Record<string, unknown>;
}

const RECIPES: Recipe[] = [
  { name: 'base-64', version: '24.4.1', type: 'zone-dataset', os: 'smartos', description: 'A SunOS zone with just the essentials.', sizeKiB: 96 },
  { name: 'minimal-64', version: '24.4.1', type: 'zone-dataset', os: 'smartos', description: 'The smallest SunOS zone.', sizeKiB: 32 },
  { name: 'postgresql-16', version: '1.3.0', type: 'zone-dataset', os: 'smartos', description: 'PostgreSQL 16 in a SunOS zone.', sizeKiB: 160, tags: { erigones: ['database', 'role:db'] } },
  { name: 'debian-12', version: '20260901', type: 'zvol', os: 'linux', description: 'Debian 12 with cloud-init.', sizeKiB: 512, tags: { resize: true, erigones: ['linux'] } },
  { name: 'ubuntu-24.04', version: '20261001', type: 'zvol', os: 'linux', description: 'Ubuntu 24.04 with cloud-init.', sizeKiB: 640, tags: { resize: true, erigones: ['linux'] } },
  { name: 'almalinux-9', version: '9.6', type: 'zvol', os: 'linux', description: 'AlmaLinux 9 for general use.', sizeKiB: 512, tags: { resize: true } },
  { name: 'freebsd-14', version: '14.3', type: 'zvol', os: 'bsd', description: 'FreeBSD 14.', sizeKiB: 384 },
  { name: 'openindiana', version: '2026.10', type: 'zvol', os: 'illumos', description: 'OpenIndiana Hipster.', sizeKiB: 384 },
  { name: 'windows-2025', version: '1.0', type: 'zvol', os: 'windows', description: 'An installer that shuts down when it is done.', sizeKiB: 768, tags: { deploy: true } },
  { name: 'alpine-lx', version: '3.22', type: 'lx-dataset', os: 'linux', description: 'Alpine Linux in a Linux zone.', sizeKiB: 64 },
  { name: 'busybox', version: '1.37', type: 'docker', os: 'linux', description: 'A kind of image that this cloud cannot run.', sizeKiB: 16 },
  { name: 'fedora-43', version: '43', type: 'zvol', os: 'linux', description: 'Fedora 43, large enough to watch it arrive.', sizeKiB: 24_576, tags: { resize: true, erigones: ['linux', 'desktop'] } },
];

/** Time between the publication of two images; the last recipe is the newest. */
const DAY_MS = 24 * 60 * 60 * 1000;

function build(recipe: Recipe, at: number): SampleImage {
  const file = gzipSync(randomBytes(recipe.sizeKiB * 1024), { level: 1 });
  const ordinal = String(at + 1).padStart(12, '0');
  const isDisk = recipe.type === 'zvol';
  const manifest = {
    v: 2,
    uuid: `0deb1a12-5eed-4000-8000-${ordinal}`,
    owner: '0deb1a12-5eed-4000-8000-000000000000',
    name: recipe.name,
    version: recipe.version,
    state: 'active',
    disabled: false,
    public: true,
    published_at: new Date(Date.UTC(2026, 9, 1) + at * DAY_MS).toISOString(),
    type: recipe.type,
    os: recipe.os,
    description: recipe.description,
    files: [{ sha1: createHash('sha1').update(file).digest('hex'), size: file.length, compression: 'gzip' }],
    ...(isDisk && { nic_driver: 'virtio', disk_driver: 'virtio', cpu_type: 'host', image_size: 10_240 }),
    ...(recipe.tags && { tags: recipe.tags }),
  };
  return { manifest, file };
}

/** Generates a dozen small images with random bytes; the last one is the largest and the newest. */
export function makeSampleImages(): SampleImage[] {
  return RECIPES.map(build);
}
