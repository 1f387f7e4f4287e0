import type { Chapter } from './transcript.js';

const LIST = '{ images(datacenter: "alpha") { nodes { name } } }';
const names = (...all: string[]): object => ({ images: { nodes: all.map((name) => ({ name })) } });

/** S1–S32: what an image is, and who may see and change it. */
export const ACCESS_CHAPTERS: Chapter[] = [
  {
    ids: 'S1, S2',
    title: 'an image is a template for the disks of servers',
    steps: [
      ['admin', '{ image(name: "debian") { osType size deploy serverCount servers { nodes { hostname disks { diskId size image { name } } } } } }', { image: { serverCount: 1 } }],
    ],
  },
  {
    ids: 'S3',
    title: 'a SuperAdmin reads and writes every image',
    steps: [
      ['admin', 'mutation { updateImage(input: { name: "debian", description: "Stable" }) { image { description } task { action } } }', { updateImage: { image: { description: 'Stable' } } }],
      ['admin', 'wait for debian', {}],
      ['admin', '{ image(name: "loose") { name dcBound datacenters { name } } }', { image: { dcBound: false, datacenters: [] } }],
    ],
  },
  {
    ids: 'S4',
    title: 'a DCAdmin reads the images of the datacenter and changes none',
    steps: [
      ['dora (DCAdmin)', LIST, names('debian', 'secret', 'spread')],
      ['dora (DCAdmin)', 'mutation { updateImage(input: { name: "debian", description: "Mine" }) { image { name } } }', 'FORBIDDEN'],
      ['dora (DCAdmin)', 'mutation { deleteImage(input: { name: "debian" }) { name } }', 'FORBIDDEN'],
    ],
  },
  {
    ids: 'S5',
    title: 'an ImageAdmin reads and writes only the images that are bound to the datacenter',
    steps: [
      ['ida (ImageAdmin)', 'mutation { updateImage(input: { name: "secret", description: "Ours" }) { image { description } } }', { updateImage: { image: { description: 'Ours' } } }],
      ['admin', 'wait for secret', {}],
      ['ida (ImageAdmin)', 'mutation { updateImage(input: { name: "spread", description: "Mine" }) { image { name } } }', 'FORBIDDEN'],
    ],
  },
  {
    ids: 'S6',
    title: 'VMS_IMAGE_LIMIT limits how many images an ImageAdmin may add',
    steps: [
      ['admin', 'mutation { updateDatacenterSettings(input: { datacenter: "alpha", vmsImageLimit: 2 }) { settings { vmsImageLimit } boundImageCount } }', { updateDatacenterSettings: { boundImageCount: 2 } }],
      ['ida (ImageAdmin)', 'mutation { createImageFromSnapshot(input: { server: "web-1", snapshot: "monday", name: "golden" }) { image { name } } }', 'IMAGE_LIMIT_REACHED'],
      ['admin', 'mutation { updateDatacenterSettings(input: { datacenter: "alpha", vmsImageLimit: null }) { settings { vmsImageLimit } } }', {}],
    ],
  },
  {
    ids: 'S7',
    title: 'a user who is both ImageAdmin and ImageImportAdmin may also import',
    steps: [
      ['ida (ImageAdmin)', 'mutation { importRepositoryImage(input: { repository: "demo", uuid: "00000000-0000-4000-8000-000000000006", datacenter: "alpha" }) { image { name } } }', 'FORBIDDEN'],
      ['mia (Importer)', 'mutation { importRepositoryImage(input: { repository: "demo", uuid: "00000000-0000-4000-8000-000000000006", datacenter: "alpha" }) { image { name dcBound boundDatacenter { name } } } }', { importRepositoryImage: { image: { dcBound: true } } }],
    ],
  },
  {
    ids: 'S8',
    title: 'nobody else manages images',
    steps: [
      ['nobody', '{ images { nodes { name } } }', 'UNAUTHENTICATED'],
      ['uwe (user)', LIST, 'FORBIDDEN'],
      ['nina (IMAGE_IMPORT_ADMIN alone)', LIST, 'FORBIDDEN'],
      ['nina (IMAGE_IMPORT_ADMIN alone)', '{ imageRepositories { name } }', 'FORBIDDEN'],
    ],
  },
  {
    ids: 'S9',
    title: 'the list has the images of the current datacenter; with "Show All", those of all datacenters',
    steps: [
      ['admin', 'mutation { switchDatacenter(name: "beta") { currentDatacenter { name } } }', { switchDatacenter: { currentDatacenter: { name: 'beta' } } }],
      ['admin', '{ images { nodes { name } } }', names('spread')],
      ['admin', '{ images(showAll: true) { nodes { name } } }', names('almalinux', 'debian', 'loose', 'secret', 'spread')],
      ['admin', 'mutation { switchDatacenter(name: "alpha") { currentDatacenter { name } } }', {}],
    ],
  },
  {
    ids: 'S10, S11, S12',
    title: 'name, alias and version',
    steps: [
      ['admin', '{ image(name: "debian") { name alias version } }', { image: { name: 'debian', alias: 'Debian GNU/Linux', version: '12' } }],
      ['admin', 'mutation { updateImage(input: { name: "loose", alias: "debian gnu/linux", version: "12" }) { image { name } } }', 'ALREADY_EXISTS'],
    ],
  },
  {
    ids: 'S13, S14, S15',
    title: 'all users of the datacenter may use a public image, only its owner and SuperAdmins a private one',
    steps: [
      ['uwe (user)', '{ usableImages(datacenter: "alpha") { nodes { name access } } }', { usableImages: { nodes: [{ name: 'debian', access: 'PUBLIC' }, { name: 'spread', access: 'PUBLIC' }] } }],
      ['olga (owner of secret)', '{ usableImages(datacenter: "alpha") { nodes { name access } } }', { usableImages: { nodes: [{ name: 'debian' }, { name: 'secret', access: 'PRIVATE' }, { name: 'spread' }] } }],
      ['uwe (user)', '{ image(name: "secret") { name } }', { image: null }],
      ['dora (DCAdmin)', '{ image(name: "secret") { name actions(datacenter: "alpha") { action allowed reason } } }', { image: { name: 'secret' } }],
    ],
  },
  {
    ids: 'S16, S17, S18',
    title: 'a deleted image is hidden, and new servers cannot use it; servers that use it keep it',
    steps: [
      ['admin', 'mutation { updateImage(input: { name: "debian", access: DELETED }) { image { access } } }', { updateImage: { image: { access: 'DELETED' } } }],
      ['admin', 'wait for debian', {}],
      ['uwe (user)', '{ image(name: "debian") { name } }', { image: null }],
      ['admin', 'mutation { registerServer(input: { uuid: "00000000-0000-4000-8000-0000000000a9", hostname: "web-9", datacenter: "alpha", owner: "uwe", osType: LINUX_VM, disks: [{ diskId: 1, size: 10240, image: "debian" }] }) { hostname } }', 'IMAGE_NOT_USABLE'],
      ['admin', 'mutation { updateServer(input: { uuid: "00000000-0000-4000-8000-0000000000a1", disks: [{ diskId: 1, size: 10240, image: "debian" }] }) { hostname disks { image { name access } } } }', { updateServer: { disks: [{ image: { name: 'debian', access: 'DELETED' } }] } }],
      ['admin', 'mutation { updateImage(input: { name: "debian", access: PUBLIC }) { image { access } } }', {}],
      ['admin', 'wait for debian', {}],
    ],
  },
  {
    ids: 'S19, S20',
    title: 'an image has an owner, and is bound to one datacenter or to none',
    steps: [
      ['admin', '{ image(name: "secret") { owner { username } dcBound boundDatacenter { name } } }', { image: { owner: { username: 'olga' }, dcBound: true, boundDatacenter: { name: 'alpha' } } }],
      ['admin', 'mutation { updateImage(input: { name: "secret", dcBound: false, dryRun: true }) { image { dcBound } warnings } }', { updateImage: { image: { dcBound: false } } }],
    ],
  },
  {
    ids: 'S21, S22',
    title: 'size and OS type cannot be changed',
    steps: [
      ['admin', '{ image(name: "debian") { size osType } __type(name: "UpdateImageInput") { inputFields { name } } }', { image: { size: 10_240, osType: 'LINUX_VM' } }],
    ],
  },
];
