import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseTarget } from '../../src/platform/database/database.js';
import { type Answer, databaseOf, GatewayProcess, startFresh, TestClient } from './gateway.js';
import { type ImgapiRepository, makeImage, type MakeImage, type PublishedImage, startImgapiRepository } from './imgapi-repository.js';
import { filesOfStore, folderOfImage } from './stored-image.js';
import type { TemporaryFolder } from './temp-folder.js';

/** Every permission there is. */
export const IMPORTER = ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'];

export type Fields = Record<string, unknown>;
export type OfferedImage = PublishedImage & { uuid: string; manifestUrl: string };

export interface Person {
  username: string;
  key: string;
  keyId: string;
  client: TestClient;
}

export interface WorldOptions {
  settings?: Record<string, string>;
  /** Where images and servers are that name no datacenter; it is made when it is not `main`. */
  datacenter?: string;
  /** False: imports end at once, in the database alone. */
  imageServer?: boolean;
  /** What the repository offers from the start. */
  images?: PublishedImage[];
}

const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } task { id } } }';
const REGISTER = 'mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }';
const SETTINGS = 'mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }';

/**
 * A gateway process with admin signed in, and an image repository beside it. Its factories make what the new thing needs: the
 * datacenter of an image, the group of a person. Each fails the test when the gateway refuses.
 */
export class World implements AsyncDisposable {
  /** Uuid of each image that was made here, by name. */
  readonly uuids = new Map<string, string>();
  readonly #datacenters = new Set(['main']);
  #names = 0;

  private constructor(
    public gateway: GatewayProcess,
    public admin: TestClient,
    readonly repository: ImgapiRepository,
    readonly folder: TemporaryFolder,
    private readonly home: string,
  ) {}

  static async start({ settings = {}, datacenter = 'main', imageServer = true, images = [] }: WorldOptions = {}): Promise<World> {
    const repository = await startImgapiRepository({ images });
    const { gateway, admin, folder } = await startFresh(settings);
    const world = new World(gateway, admin, repository, folder, datacenter);
    await world.datacenter(datacenter);
    if (!imageServer) await world.imageServer(null);
    return world;
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    await this.repository.close();
    await this.folder.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A name that this world has not used. */
  unique(prefix = 'n'): string {
    this.#names += 1;
    return `${prefix}-${this.#names}`;
  }

  /** Makes it unless it is there. */
  async datacenter(name = this.unique('dc'), fields: Fields = {}): Promise<string> {
    if (this.#datacenters.has(name)) return name;
    this.#datacenters.add(name);
    const { errors } = await this.admin.send('mutation ($input: CreateDatacenterInput!) { createDatacenter(input: $input) { name } }', { input: { name, ...fields } });
    // The test itself may have made it.
    if (errors.some(({ extensions }) => extensions.code !== 'ALREADY_EXISTS')) throw new Error(JSON.stringify(errors));
    return name;
  }

  async group(name: string, permissions: readonly string[], users: readonly string[], datacenters: readonly string[]): Promise<string> {
    for (const datacenter of datacenters) await this.datacenter(datacenter);
    await this.admin.run('mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }', { input: { name, permissions, users, datacenters } });
    return name;
  }

  /** A user with a key; with `permissions` also a group `<username>-group` that holds them in the datacenter. */
  async person(username = this.unique('user'), { permissions, datacenter = this.home, ...fields }: { permissions?: readonly string[]; datacenter?: string } & Fields = {}): Promise<Person> {
    await this.admin.run('mutation ($input: CreateUserInput!) { createUser(input: $input) { username } }', { input: { username, ...fields } });
    if (permissions !== undefined) await this.group(`${username}-group`, permissions, [username], [datacenter]);
    const { createApiKey } = await this.admin.run('mutation ($u: String!) { createApiKey(input: { username: $u, name: "test" }) { id key } }', { u: username });
    return { username, key: createApiKey.key, keyId: createApiKey.id, client: new TestClient(this.gateway.url, createApiKey.key) };
  }

  /** Puts a further image into the repository, which the gateway has not loaded. */
  offer(options: MakeImage = {}): OfferedImage {
    const image = makeImage(options);
    this.repository.images.push(image);
    return this.#offered(image);
  }

  #offered(image: PublishedImage): OfferedImage {
    return { ...image, uuid: image.manifest.uuid, manifestUrl: this.repository.manifestUrl(image) };
  }

  /** Asks for an import, whatever comes of it. */
  async import(name: string, fields: Fields = {}, offered = this.offer({ name, version: name.slice(0, 16) })): Promise<Answer> {
    const datacenter = fields.dcBound === false ? undefined : this.home;
    return this.admin.send(IMPORT, { input: { name, manifestUrl: offered.manifestUrl, datacenter, ...fields } });
  }

  /** An image of the catalogue whose import has ended well. */
  async image(name = this.unique('image'), fields: Fields = {}, from: MakeImage | PublishedImage = {}): Promise<OfferedImage & { name: string }> {
    if (typeof fields.datacenter === 'string') await this.datacenter(fields.datacenter);
    const offered = 'file' in from ? this.#offered(from) : this.offer({ name, version: name.slice(0, 16), ...from });
    const { data, errors } = await this.import(name, fields, offered);
    if (data === null) throw new Error(JSON.stringify(errors));
    const task = await this.admin.ended(data.importImage.task.id);
    if (task.status !== 'SUCCEEDED') throw new Error(JSON.stringify(task));
    this.uuids.set(name, offered.uuid);
    return { ...offered, name };
  }

  async attach(image: string, ...datacenters: string[]): Promise<void> {
    for (const datacenter of datacenters) await this.admin.run(`mutation { attachImage(input: { image: "${image}", datacenter: "${await this.datacenter(datacenter)}" }) { bindingRemoved } }`);
  }

  /** Asks for a server, whatever comes of it: one disk of 10 GiB, with the image on it when there is one. */
  async register(hostname: string, { image, ...fields }: { image?: string } & Fields = {}): Promise<Answer> {
    const disks = [{ diskId: 1, size: 10_240, image }];
    return this.admin.send(REGISTER, { input: { uuid: randomUUID(), hostname, datacenter: this.home, owner: 'admin', osType: 'LINUX_VM', status: 'RUNNING', disks, ...fields } });
  }

  /** A server; its uuid. */
  async server(hostname = this.unique('server'), fields: { image?: string } & Fields = {}): Promise<string> {
    if (typeof fields.datacenter === 'string') await this.datacenter(fields.datacenter);
    const { data, errors } = await this.register(hostname, fields);
    if (data === null) throw new Error(JSON.stringify(errors));
    return data.registerServer.uuid;
  }

  async snapshot(server: string, name: string, fields: Fields = {}): Promise<void> {
    await this.admin.run('mutation ($input: RegisterSnapshotInput!) { registerSnapshot(input: $input) { name } }', { input: { server, name, size: 10_240, ...fields } });
  }

  async imageServer(hostname: string | null): Promise<void> {
    await this.admin.run(SETTINGS, { input: { vmsImageVm: hostname } });
  }

  /** Adds a repository to those of the settings, this world's own unless another address is given. */
  async addRepository(name: string, url = this.repository.url): Promise<string> {
    const { globalSettings } = await this.admin.run('{ globalSettings { vmsImageRepositories { name url } } }');
    await this.admin.run(SETTINGS, { input: { vmsImageRepositories: [...globalSettings.vmsImageRepositories, { name, url }] } });
    return name;
  }

  async loadRepository(name: string): Promise<void> {
    await this.admin.run('mutation ($name: String!) { refreshImageRepository(name: $name) { added } }', { name });
  }

  /** The names of all images, in order. */
  async imageNames(): Promise<string[]> {
    const { images } = await this.admin.run('{ images(showAll: true, showDeleted: true, first: 200) { nodes { name } } }');
    return images.nodes.map((image: { name: string }) => image.name).sort();
  }

  async snapshotStatus(hostname: string, name: string): Promise<string | undefined> {
    const { server } = await this.admin.run('query ($hostname: String!) { server(hostname: $hostname) { snapshots { name status } } }', { hostname });
    return server.snapshots.find((snapshot: { name: string }) => snapshot.name === name)?.status;
  }

  /** What has bytes in the store, whole or in part. */
  async stored(): Promise<string[]> {
    return (await readdir(join(this.folder.path, 'images'))).filter((name) => name !== '.store-id').sort();
  }

  /** The paths of all files in the store. */
  async storedFiles(): Promise<string[]> {
    return filesOfStore(join(this.folder.path, 'images'));
  }

  /** The folder of the store that has the file of an image. */
  async folderOfImage(uuid: string): Promise<string> {
    return folderOfImage(join(this.folder.path, 'images'), uuid);
  }

  async storedManifest(uuid: string): Promise<string> {
    return readFile(join(await this.folderOfImage(uuid), 'manifest'), 'utf8');
  }

  /** Kills the process, lets `change` write to its database, and starts another process over the same rows and files. */
  async restart(change?: (target: DatabaseTarget) => Promise<void>): Promise<void> {
    await this.gateway.kill();
    await change?.(databaseOf(this.folder));
    this.gateway = await GatewayProcess.start(this.folder.path);
    this.admin = new TestClient(this.gateway.url, this.admin.key);
  }
}
