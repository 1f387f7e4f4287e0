import type { Chapter } from './transcript.js';

/** S23–S54: the life of an image, and where it comes from. */
export const LIFE_CHAPTERS: Chapter[] = [
  {
    ids: 'S23, S24, S25',
    title: 'an image is pending while a task works on it, else ok',
    steps: [
      ['admin', 'mutation { importImage(input: { name: "slow", manifestUrl: "http://repository/images/00000000-0000-4000-8000-000000000007", datacenter: "alpha" }) { image { status } task { status phase } } }', { importImage: { image: { status: 'PENDING' } } }],
      ['admin', 'mutation { updateImage(input: { name: "slow", alias: "Slow" }) { image { name } } }', 'IMAGE_NOT_READY'],
    ],
  },
  {
    ids: 'S26, S27, S28',
    title: 'an image has the flags resize and deploy, and a description',
    steps: [
      ['admin', 'mutation { updateImage(input: { name: "loose", resize: true, deploy: true, description: "Grows, and shuts down once deployed" }) { image { resize deploy description } } }', { updateImage: { image: { resize: true, deploy: true } } }],
      ['admin', 'wait for loose', {}],
    ],
  },
  {
    ids: 'S29, S30',
    title: 'servers inherit the tags of their image',
    steps: [
      ['admin', '{ server(hostname: "web-1") { ownTags tags disks { image { name tags } } } }', { server: { ownTags: ['front'], tags: ['front', 'linux', 'stable'] } }],
    ],
  },
  {
    ids: 'S31, S32',
    title: 'SuperAdmins create, update and delete images; ImageAdmins do so with bound images',
    steps: [
      ['ida (ImageAdmin)', '{ image(name: "secret") { actions { action allowed code } } }', { image: { actions: expectActions({ UPDATE: true, DELETE: true, CHANGE_DC_BOUND: false, ATTACH: false, DETACH: false }) } }],
      ['xena (ImageAdmin elsewhere)', 'mutation { deleteImage(input: { name: "debian" }) { name } }', 'FORBIDDEN'],
      ['xena (ImageAdmin elsewhere)', 'mutation { deleteImage(input: { name: "secret" }) { name } }', 'NOT_FOUND'],
    ],
  },
  {
    ids: 'S33',
    title: 'an image is created from a snapshot of a server',
    steps: [
      ['ida (ImageAdmin)', 'mutation { createImageFromSnapshot(input: { server: "web-1", snapshot: "monday", name: "golden" }) { image { name status size osType version boundDatacenter { name } } task { action } } }', { createImageFromSnapshot: { image: { name: 'golden', status: 'PENDING', size: 10_240, osType: 'LINUX_VM' }, task: { action: 'IMAGE_CREATE' } } }],
      ['admin', 'wait for golden', {}],
      ['admin', '{ image(name: "golden") { status file { compression } sourceSnapshot { name status } } }', { image: { status: 'OK', file: { compression: 'gzip' }, sourceSnapshot: { name: 'monday', status: 'OK' } } }],
    ],
  },
  {
    ids: 'S34, S35',
    title: 'SuperAdmins import images, and so does a DCAdmin with both permissions',
    steps: [
      ['dora (DCAdmin)', 'mutation { importImage(input: { name: "mine", manifestUrl: "http://repository/images/00000000-0000-4000-8000-000000000008", datacenter: "alpha" }) { image { name } } }', 'FORBIDDEN'],
      ['mia (Importer)', 'mutation { importImage(input: { name: "mine", manifestUrl: "http://repository/images/00000000-0000-4000-8000-000000000008", datacenter: "alpha" }) { image { name } } }', { importImage: { image: { name: 'mine' } } }],
      ['mia (Importer)', 'mutation { importImage(input: { name: "everywhere", manifestUrl: "http://repository/images/00000000-0000-4000-8000-000000000009", dcBound: false }) { image { name } } }', 'FORBIDDEN'],
    ],
  },
  {
    ids: 'S36, S37, S38',
    title: 'an image in use cannot be deleted, but it can be hidden',
    steps: [
      ['admin', 'mutation { deleteImage(input: { name: "debian" }) { name } }', 'IMAGE_IN_USE'],
      ['admin', 'mutation { updateImage(input: { name: "debian", access: DELETED, dryRun: true }) { warnings } }', {}],
    ],
  },
  {
    ids: 'S39, S40',
    title: 'without an image server, all actions change only the database',
    steps: [
      ['admin', 'mutation { updateGlobalSettings(input: { vmsImageVm: null }) { vmsImageVm { hostname } } }', { updateGlobalSettings: { vmsImageVm: null } }],
      ['admin', 'mutation { importImage(input: { name: "paper", manifestUrl: "http://repository/images/00000000-0000-4000-8000-000000000009", datacenter: "alpha" }) { image { status file { sha1 } } task { status } warnings } }', { importImage: { image: { status: 'OK', file: null }, task: { status: 'SUCCEEDED' } } }],
      ['admin', 'mutation { deleteImage(input: { name: "paper" }) { name task { status } warnings } }', { deleteImage: { task: { status: 'SUCCEEDED' } } }],
      ['admin', 'mutation { updateGlobalSettings(input: { vmsImageVm: "img01" }) { vmsImageVm { hostname } } }', { updateGlobalSettings: { vmsImageVm: { hostname: 'img01' } } }],
    ],
  },
  {
    ids: 'S41, S42, S43',
    title: 'SuperAdmins attach images; only an attached image can be used',
    steps: [
      ['ida (ImageAdmin)', 'mutation { attachImage(input: { image: "debian", datacenter: "alpha" }) { bindingRemoved } }', 'FORBIDDEN'],
      ['admin', 'mutation { registerServer(input: { uuid: "00000000-0000-4000-8000-0000000000a8", hostname: "web-8", datacenter: "beta", owner: "admin", osType: LINUX_VM, disks: [{ diskId: 1, size: 10240, image: "loose" }] }) { hostname } }', 'IMAGE_NOT_USABLE'],
      ['admin', 'mutation { attachImage(input: { image: "loose", datacenter: "beta" }) { bindingRemoved image { datacenters { name } } } }', { attachImage: { bindingRemoved: false, image: { datacenters: [{ name: 'beta' }] } } }],
      ['admin', 'mutation { registerServer(input: { uuid: "00000000-0000-4000-8000-0000000000a8", hostname: "web-8", datacenter: "beta", owner: "admin", osType: LINUX_VM, disks: [{ diskId: 1, size: 10240, image: "loose" }] }) { hostname } }', { registerServer: { hostname: 'web-8' } }],
    ],
  },
  {
    ids: 'S44, S45',
    title: 'SuperAdmins detach images that no server within the datacenter uses',
    steps: [
      ['admin', 'mutation { detachImage(input: { image: "loose", datacenter: "beta" }) { bindingRemoved } }', 'IMAGE_IN_USE'],
      ['admin', 'mutation { unregisterServer(uuid: "00000000-0000-4000-8000-0000000000a8") }', {}],
      ['admin', 'mutation { detachImage(input: { image: "loose", datacenter: "beta" }) { bindingRemoved image { datacenters { name } } } }', { detachImage: { image: { datacenters: [] } } }],
      ['ida (ImageAdmin)', 'mutation { detachImage(input: { image: "debian", datacenter: "alpha" }) { bindingRemoved } }', 'FORBIDDEN'],
    ],
  },
  {
    ids: 'S46',
    title: 'an import needs the URL of a manifest',
    steps: [
      ['admin', 'mutation { importImage(input: { name: "void", manifestUrl: "http://repository/images/00000000-0000-4000-8000-0000000000ff", datacenter: "alpha" }) { image { name } } }', 'MANIFEST_UNREACHABLE'],
      ['admin', 'mutation { importImage(input: { name: "list", manifestUrl: "http://repository/images", datacenter: "alpha" }) { image { name } } }', 'INVALID_MANIFEST'],
    ],
  },
  {
    ids: 'S47, S48, S49, S50, S51',
    title: 'SuperAdmins configure repositories; importers load them, browse them and import from them',
    steps: [
      ['admin', '{ globalSettings { vmsImageRepositories { name url } } }', { globalSettings: { vmsImageRepositories: [{ name: 'demo' }] } }],
      ['mia (Importer)', 'mutation { refreshImageRepository(name: "demo") { added changed removed skipped repository { status imageCount } } }', { refreshImageRepository: { added: 0, repository: { status: 'OK', imageCount: 9 } } }],
      ['mia (Importer)', '{ imageRepository(name: "demo") { images(first: 3, filter: { importable: true }) { nodes { name version importable } } } }', {}],
      ['mia (Importer)', 'mutation { importRepositoryImage(input: { repository: "demo", uuid: "00000000-0000-4000-8000-000000000009", datacenter: "alpha" }) { image { name repository { name } } } }', { importRepositoryImage: { image: { name: 'gentoo', repository: { name: 'demo' } } } }],
    ],
  },
  {
    ids: 'S52, S53, S54',
    title: 'the local repository has the name of the image server and offers the images that were put there by hand',
    steps: [
      ['mia (Importer)', '{ imageRepositories { name isLocal } }', { imageRepositories: [{ name: 'demo', isLocal: false }, { name: 'img01', isLocal: true }] }],
      ['mia (Importer)', 'mutation { refreshImageRepository(name: "img01") { repository { status } } }', { refreshImageRepository: { repository: { status: 'OK' } } }],
      ['mia (Importer)', '{ imageRepository(name: "img01") { images { nodes { name importable } } } }', { imageRepository: { images: { nodes: [{ name: 'handmade', importable: true }] } } }],
      ['mia (Importer)', 'mutation { importRepositoryImage(input: { repository: "img01", uuid: "00000000-0000-4000-8000-000000000010", datacenter: "alpha" }) { image { name status } } }', { importRepositoryImage: { image: { name: 'handmade' } } }],
    ],
  },
];

function expectActions(allowed: Record<string, boolean>): object[] {
  return Object.entries({ ...allowed, USE: false }).map(([action, isAllowed]) => ({ action, allowed: isAllowed }));
}
