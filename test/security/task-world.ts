import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENTITIES } from '../../src/entities.js';
import { openDatabase, type SqlEntityManager } from '../../src/platform/database/database.js';
import { databaseOf, GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { makeImage, type MakeImage, type PublishedImage, type ImgapiRepository, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { registerServer, registerSnapshot } from '../virtual-servers/server-world.js';

const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }';

/** Somebody who may do everything with images in one datacenter, or as a SuperAdmin everywhere. */
export interface Starter {
  username: string;
  datacenter: string;
  key: string;
}

/** How somebody loses what it takes: the mutation, and whether it was a SuperAdmin's right. */
export const LOSSES = {
  'is deactivated': (one: Starter) => `updateUser(input: { username: "${one.username}", active: false }) { active }`,
  'is no SuperAdmin any more': (one: Starter) => `updateUser(input: { username: "${one.username}", isSuperAdmin: false }) { active }`,
  'left the group': (one: Starter) => `updateUser(input: { username: "${one.username}", groups: [] }) { active }`,
  'is in a group with fewer permissions': (one: Starter) => `updateGroup(input: { name: "${one.datacenter}", permissions: [] }) { name }`,
  'is in a group that left the datacenter': (one: Starter) => `updateGroup(input: { name: "${one.datacenter}", datacenters: [] }) { name }`,
  'is in a group that is gone': (one: Starter) => `deleteGroup(name: "${one.datacenter}")`,
  'lost the datacenter': (one: Starter) => `deleteDatacenter(name: "${one.datacenter}")`,
} as const;
export type Loss = keyof typeof LOSSES;

/** A gateway with an image server, a repository, and as many starters as are asked for. */
export class TaskWorld {
  #made = 0;

  private constructor(
    public gateway: GatewayProcess,
    public admin: TestClient,
    readonly folder: TemporaryFolder,
    readonly repository: ImgapiRepository,
  ) {}

  static async create(): Promise<TaskWorld> {
    const repository = await startImgapiRepository();
    const { gateway, admin, folder } = await startFresh();
    return new TaskWorld(gateway, admin, folder, repository);
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    await this.repository.close();
    await this.folder.remove();
  }

  newName(): string {
    return `n${(this.#made += 1)}`;
  }

  async starter(loss: Loss | null): Promise<Starter> {
    const username = this.newName();
    const isSuperAdmin = loss === 'is no SuperAdmin any more';
    await this.admin.run('mutation ($name: String!) { createDatacenter(input: { name: $name }) { name } }', { name: username });
    await this.admin.run('mutation ($name: String!, $isSuperAdmin: Boolean) { createUser(input: { username: $name, isSuperAdmin: $isSuperAdmin }) { username } }', { name: username, isSuperAdmin });
    if (!isSuperAdmin) {
      const input = { name: username, permissions: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'], users: [username], datacenters: [username] };
      await this.admin.run('mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }', { input });
    }
    const { createApiKey } = await this.admin.run('mutation ($name: String!) { createApiKey(input: { username: $name, name: "k" }) { key } }', { name: username });
    return { username, datacenter: username, key: createApiKey.key };
  }

  client({ key }: Starter): TestClient {
    return new TestClient(this.gateway.url, key);
  }

  async lose(loss: Loss, starter: Starter): Promise<void> {
    await this.admin.run(`mutation { ${LOSSES[loss](starter)} }`);
  }

  /** An image of the catalogue, bound to the datacenter. */
  async image(datacenter: string, options: MakeImage = {}): Promise<{ name: string; uuid: string }> {
    const name = this.newName();
    const { manifestUrl, manifest } = this.offer({ name, version: name, ...options });
    const { importImage } = await this.admin.run(IMPORT, { input: { name, manifestUrl, datacenter } });
    await this.admin.ended(importImage.task.id);
    return { name, uuid: manifest.uuid };
  }

  offer(options: MakeImage): PublishedImage & { manifestUrl: string } {
    const image = makeImage(options);
    this.repository.images.push(image);
    return { ...image, manifestUrl: this.repository.manifestUrl(image) };
  }

  /** A server in the datacenter with the snapshot `daily`. */
  async server(datacenter: string, dataUrl: string): Promise<string> {
    const hostname = this.newName();
    await registerServer(this.admin, hostname, { datacenter });
    await registerSnapshot(this.admin, hostname, 'daily', { dataUrl });
    return hostname;
  }

  async addRepository(url: string): Promise<string> {
    const name = this.newName();
    const { globalSettings } = await this.admin.run('{ globalSettings { vmsImageRepositories { name url } } }');
    const repositories = [...globalSettings.vmsImageRepositories, { name, url }];
    await this.admin.run('mutation ($repositories: [NamedUrlInput!]) { updateGlobalSettings(input: { vmsImageRepositories: $repositories }) { vmsImageVmNic } }', { repositories });
    return name;
  }

  /** Ends the process at once, changes rows as if it had been killed earlier, and starts another one over them. */
  async restart(change: (em: SqlEntityManager) => Promise<void>): Promise<void> {
    await this.gateway.kill();
    const database = await openDatabase(databaseOf(this.folder), ENTITIES);
    await change(database.em.fork());
    await database.close();
    this.gateway = await GatewayProcess.start(this.folder.path);
    this.admin = new TestClient(this.gateway.url, this.admin.key);
  }

  /** What has bytes in the store, whole or in part. */
  async stored(): Promise<string[]> {
    return readdir(join(this.folder.path, 'images'));
  }

  async storedManifest(uuid: string): Promise<string> {
    return readFile(join(this.folder.path, 'images', uuid, 'manifest'), 'utf8');
  }
}
