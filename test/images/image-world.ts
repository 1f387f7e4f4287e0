import { type GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, type MakeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name status file { sha1 } } task { id status } warnings } }';

/**
 * A gateway with the datacenters alpha and beta: `anna` and `otto` are ImageAdmins and Importers of alpha, `dora` is its
 * DCAdmin, `peter` a plain user with access. A repository to import from.
 */
export class ImageWorld {
  private constructor(
    readonly gateway: GatewayProcess,
    readonly admin: TestClient,
    readonly people: Record<'anna' | 'otto' | 'dora' | 'peter', TestClient>,
    readonly repository: ImgapiRepository,
    readonly folder: TemporaryFolder,
  ) {}

  static async create(settings: Record<string, string> = {}): Promise<ImageWorld> {
    const repository = await startImgapiRepository();
    const { gateway, admin, folder } = await startFresh(settings);
    for (const name of ['alpha', 'beta']) await admin.run(`mutation { createDatacenter(input: { name: "${name}" }) { name } }`);
    const people: Record<string, TestClient> = {};
    for (const username of ['anna', 'otto', 'dora', 'peter']) {
      await admin.run(`mutation { createUser(input: { username: "${username}" }) { username } }`);
      const { createApiKey } = await admin.run(`mutation { createApiKey(input: { username: "${username}", name: "test" }) { key } }`);
      people[username] = new TestClient(gateway.url, createApiKey.key);
    }
    const groups = [
      { name: 'importers', permissions: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'], users: ['anna', 'otto'], datacenters: ['alpha'] },
      { name: 'admins', permissions: ['ADMIN'], users: ['dora'], datacenters: ['alpha'] },
      { name: 'users', permissions: [], users: ['peter'], datacenters: ['alpha'] },
    ];
    for (const input of groups) await admin.run('mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }', { input });
    return new ImageWorld(gateway, admin, people as ImageWorld['people'], repository, folder);
  }

  offer(options: MakeImage = {}): PublishedImage & { manifestUrl: string } {
    const image = makeImage(options);
    this.repository.images.push(image);
    return { ...image, manifestUrl: this.repository.manifestUrl(image) };
  }

  /** An image of the catalogue, its import ended well; bound to alpha unless told otherwise. */
  async image(name: string, input: Record<string, unknown> = {}, options: MakeImage = {}): Promise<PublishedImage & { manifestUrl: string }> {
    const offered = this.offer({ name, version: name.slice(0, 16), ...options });
    const { importImage } = await this.admin.run(IMPORT, { input: { name, manifestUrl: offered.manifestUrl, datacenter: 'alpha', ...input } });
    const task = await this.admin.ended(importImage.task.id);
    if (task.status !== 'SUCCEEDED') throw new Error(JSON.stringify(task));
    return offered;
  }

  /** A server with the image on its first disk. */
  async server(hostname: string, image: string, input: Record<string, unknown> = {}): Promise<string> {
    const uuid = crypto.randomUUID();
    const all = { uuid, hostname, datacenter: 'alpha', owner: 'admin', osType: 'LINUX_VM', disks: [{ diskId: 1, size: 10_240, image }], ...input };
    await this.admin.run('mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }', { input: all });
    return uuid;
  }

  async imageServer(hostname: string | null): Promise<void> {
    await this.admin.run('mutation ($name: String) { updateGlobalSettings(input: { vmsImageVm: $name }) { vmsImageVmNic } }', { name: hostname });
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    await this.repository.close();
    await this.folder.remove();
  }
}
