import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import type { Speakers } from './transcript.js';

const OFFERED = ['debian', 'secret', 'spread', 'loose', 'fedora', 'almalinux', 'slow', 'mine', 'gentoo'];
const GROUPS = [
  { name: 'users', permissions: [], users: ['uwe', 'olga', 'xena'], datacenters: ['alpha'] },
  { name: 'admins', permissions: ['ADMIN'], users: ['dora'], datacenters: ['alpha'] },
  { name: 'image-admins', permissions: ['ADMIN', 'IMAGE_ADMIN'], users: ['ida'], datacenters: ['alpha'] },
  { name: 'importers', permissions: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'], users: ['mia'], datacenters: ['alpha'] },
  { name: 'half', permissions: ['IMAGE_IMPORT_ADMIN'], users: ['nina'], datacenters: ['alpha'] },
  { name: 'beta-images', permissions: ['ADMIN', 'IMAGE_ADMIN'], users: ['xena'], datacenters: ['beta'] },
];
const ROLES: Record<string, string> = {
  dora: 'DCAdmin',
  ida: 'ImageAdmin',
  mia: 'Importer',
  uwe: 'user',
  nina: 'IMAGE_IMPORT_ADMIN alone',
  olga: 'owner of secret',
  xena: 'ImageAdmin elsewhere',
};

/** The same image in every run: known uuid, bytes and checksum. */
function knownImage(number: number, name: string): PublishedImage {
  const file = Buffer.alloc(name === 'slow' ? 200_000 : 1000 + number, number);
  const files = [{ sha1: createHash('sha1').update(file).digest('hex'), size: file.length, compression: 'none' }];
  const uuid = `00000000-0000-4000-8000-0000000000${String(number).padStart(2, '0')}`;
  return { ...makeImage({ uuid, name, version: String(number), manifest: { files } }), file };
}

/** The cloud that the user guide is walked through in: datacenters alpha and beta, four images, a server and its snapshot. */
export class SeedWorld {
  private constructor(
    readonly gateway: GatewayProcess,
    readonly speakers: Speakers,
    readonly repository: ImgapiRepository,
    private readonly folder: TemporaryFolder,
  ) {}

  static async create(): Promise<SeedWorld> {
    const repository = await startImgapiRepository({ images: OFFERED.map((name, at) => knownImage(at + 1, name)) });
    const { gateway, admin, folder } = await startFresh();
    const world = new SeedWorld(gateway, { admin, nobody: new TestClient(gateway.url, null) }, repository, folder);
    await world.#settle(admin);
    for (const username of Object.keys(ROLES)) await world.#person(admin, username);
    for (const input of GROUPS) await admin.run('mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }', { input });
    await world.#image(admin, { name: 'debian', number: 1, access: 'PUBLIC', alias: 'Debian GNU/Linux', version: '12', tags: ['linux', 'stable'], datacenter: 'alpha' });
    await world.#image(admin, { name: 'secret', number: 2, owner: 'olga', datacenter: 'alpha' });
    await world.#image(admin, { name: 'spread', number: 3, access: 'PUBLIC', dcBound: false });
    await world.#image(admin, { name: 'loose', number: 4, access: 'PUBLIC', dcBound: false });
    for (const datacenter of ['alpha', 'beta']) await admin.run(`mutation { attachImage(input: { image: "spread", datacenter: "${datacenter}" }) { bindingRemoved } }`);
    await world.#server(admin);
    await world.#placeByHand();
    return world;
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    await this.repository.close();
    await this.folder.remove();
  }

  async #settle(admin: TestClient): Promise<void> {
    for (const name of ['alpha', 'beta']) await admin.run(`mutation { createDatacenter(input: { name: "${name}" }) { name } }`);
    await admin.run('mutation { switchDatacenter(name: "alpha") { currentDatacenter { name } } }');
    await admin.run('mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "demo", url: $url }] }) { vmsImageVmNic } }', { url: this.repository.url });
    await admin.run('mutation { refreshImageRepository(name: "demo") { added } }');
  }

  async #person(admin: TestClient, username: string): Promise<void> {
    await admin.run(`mutation { createUser(input: { username: "${username}" }) { username } }`);
    const { createApiKey } = await admin.run(`mutation { createApiKey(input: { username: "${username}", name: "test" }) { key } }`);
    this.speakers[`${username} (${ROLES[username]})`] = new TestClient(this.gateway.url, createApiKey.key);
  }

  async #image(admin: TestClient, { number, ...input }: { name: string; number: number } & Record<string, unknown>): Promise<void> {
    const manifestUrl = `${this.repository.url}/images/00000000-0000-4000-8000-0000000000${String(number).padStart(2, '0')}`;
    const { importImage } = await admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input: { ...input, manifestUrl } });
    await admin.ended(importImage.task.id);
  }

  async #server(admin: TestClient): Promise<void> {
    await admin.run(`mutation { registerServer(input: { uuid: "00000000-0000-4000-8000-0000000000a1", hostname: "web-1", datacenter: "alpha", owner: "uwe", osType: LINUX_VM,
      status: RUNNING, tags: ["front"], disks: [{ diskId: 1, size: 10240, image: "debian" }] }) { uuid } }`);
    await admin.run('mutation ($url: HttpUrl) { registerSnapshot(input: { server: "web-1", name: "monday", size: 10240, dataUrl: $url }) { name } }', {
      url: `${this.repository.url}/images/00000000-0000-4000-8000-000000000005/file`,
    });
  }

  async #placeByHand(): Promise<void> {
    const { manifest, file } = knownImage(10, 'handmade');
    const folder = join(this.folder.path, 'images', manifest.uuid);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'manifest'), JSON.stringify(manifest));
    await writeFile(join(folder, 'file'), file);
  }
}
