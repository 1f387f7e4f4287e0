import { type GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

/**
 * A anonymous · U plain user with access to north · O owner of an image, no roles · D DCAdmin · I ImageAdmin · X ImageAdmin
 * of south only, with access to north · Z the same without access · M Importer · N IMAGE_ADMIN without ADMIN · S SuperAdmin
 */
export const PERSONAS = ['A', 'U', 'O', 'D', 'I', 'X', 'Z', 'M', 'N', 'S'] as const;
export type Persona = (typeof PERSONAS)[number];

const GROUPS: { name: string; permissions: string[]; users: string[]; datacenter: string }[] = [
  { name: 'north-users', permissions: [], users: ['U', 'O', 'X'], datacenter: 'north' },
  { name: 'north-admins', permissions: ['ADMIN'], users: ['D'], datacenter: 'north' },
  { name: 'north-images', permissions: ['ADMIN', 'IMAGE_ADMIN'], users: ['I'], datacenter: 'north' },
  { name: 'north-imports', permissions: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'], users: ['M'], datacenter: 'north' },
  { name: 'north-half', permissions: ['IMAGE_ADMIN'], users: ['N'], datacenter: 'north' },
  { name: 'south-images', permissions: ['ADMIN', 'IMAGE_ADMIN'], users: ['X', 'Z'], datacenter: 'south' },
];

/** Bound to the datacenter named, attached to those listed. */
export interface ImageFacts {
  name: string;
  access: string;
  owner: string;
  bound: string | null;
  attached: string[];
}

const IMAGES: ImageFacts[] = [
  { name: 'public', access: 'PUBLIC', owner: 'admin', bound: 'north', attached: [] },
  { name: 'private', access: 'PRIVATE', owner: 'O', bound: 'north', attached: [] },
  { name: 'foreign', access: 'PRIVATE', owner: 'admin', bound: 'north', attached: [] },
  { name: 'unbound', access: 'PUBLIC', owner: 'admin', bound: null, attached: ['north'] },
  { name: 'deleted', access: 'DELETED', owner: 'O', bound: 'north', attached: [] },
  { name: 'deleted-unbound', access: 'DELETED', owner: 'O', bound: null, attached: ['north'] },
  { name: 'southern', access: 'PUBLIC', owner: 'admin', bound: 'south', attached: [] },
  { name: 'southern-deleted', access: 'DELETED', owner: 'admin', bound: 'south', attached: [] },
  { name: 'loose', access: 'PUBLIC', owner: 'O', bound: null, attached: [] },
];

const SERVERS = [
  { n: 1, hostname: 'u-server', owner: 'U' },
  { n: 2, hostname: 'admin-server', owner: 'admin' },
];

export class World {
  /** Uuid of each image, by name. */
  readonly uuids = new Map<string, string>();

  private constructor(
    readonly gateway: GatewayProcess,
    readonly clients: Record<Persona, TestClient>,
    readonly repository: ImgapiRepository,
    private readonly folder: TemporaryFolder,
  ) {}

  /** Private datacenters north and south; with no image server, so that nothing waits for bytes. */
  static async create(): Promise<World> {
    const repository = await startImgapiRepository();
    const { gateway, admin, folder } = await startFresh();
    await admin.run('mutation { updateGlobalSettings(input: { vmsImageVm: null }) { vmsImageVmNic } }');
    for (const name of ['north', 'south']) await admin.run(`mutation { createDatacenter(input: { name: "${name}" }) { name } }`);
    const clients = await createPeople(gateway.url, admin);
    const world = new World(gateway, clients, repository, folder);
    for (const image of IMAGES) await world.createImage(image);
    for (const server of SERVERS) await world.#createServer(server);
    world.offer('offered');
    await admin.run('mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "remote", url: $url }] }) { vmsImageVmNic } }', { url: repository.url });
    await admin.run('mutation { refreshImageRepository(name: "remote") { added } }');
    return world;
  }

  /** A further image in the repository: its uuid and the address of its manifest. */
  offer(name: string): { uuid: string; manifestUrl: string } {
    const image = makeImage({ name, version: '1', size: 100 });
    this.repository.images.push(image);
    return { uuid: image.manifest.uuid, manifestUrl: this.repository.manifestUrl(image) };
  }

  /** The same, and in the list of the repository as the gateway knows it. */
  async offerLoaded(name: string): Promise<string> {
    const { uuid } = this.offer(name);
    await this.clients.S.run('mutation { refreshImageRepository(name: "remote") { added } }');
    return uuid;
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    await this.repository.close();
    await this.folder.remove();
  }

  async createImage({ name, access, owner, bound, attached }: ImageFacts): Promise<void> {
    const { uuid, manifestUrl } = this.offer(name);
    this.uuids.set(name, uuid);
    const input = { name, manifestUrl, access, owner, datacenter: bound, dcBound: bound !== null };
    await this.clients.S.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', { input });
    for (const datacenter of attached) {
      await this.clients.S.run(`mutation { attachImage(input: { image: "${name}", datacenter: "${datacenter}" }) { bindingRemoved } }`);
    }
  }

  async #createServer({ n, hostname, owner }: (typeof SERVERS)[number]): Promise<void> {
    const input = {
      uuid: `aaaaaaaa-0000-4000-8000-00000000000${n}`,
      hostname,
      datacenter: 'north',
      owner,
      osType: 'LINUX_VM',
      status: 'RUNNING',
      disks: [{ diskId: 1, size: 10_240, image: 'public' }],
    };
    await this.clients.S.run('mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }', { input });
    await this.clients.S.run(`mutation { registerSnapshot(input: { server: "${hostname}", name: "daily", size: 1 }) { name } }`);
  }
}

async function createPeople(url: string, admin: TestClient): Promise<Record<Persona, TestClient>> {
  const clients: Partial<Record<Persona, TestClient>> = { A: new TestClient(url, null), S: admin };
  for (const username of PERSONAS.filter((one) => one !== 'A' && one !== 'S')) {
    await admin.run(`mutation { createUser(input: { username: "${username}" }) { username } }`);
    const { createApiKey } = await admin.run(`mutation { createApiKey(input: { username: "${username}", name: "test" }) { key } }`);
    clients[username] = new TestClient(url, createApiKey.key);
  }
  for (const { name, permissions, users, datacenter } of GROUPS) {
    const input = { name, permissions, users, datacenters: [datacenter] };
    await admin.run('mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }', { input });
  }
  return clients as Record<Persona, TestClient>;
}
